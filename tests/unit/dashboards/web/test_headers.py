"""The page keeps to itself."""

import httpx
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from dashboards.web.headers import SecurityHeaders, content_security_policy


def client() -> httpx.AsyncClient:
    app = Starlette(routes=[Route("/", lambda _: PlainTextResponse("x"), methods=["GET", "POST"])])
    guarded = SecurityHeaders(app, lambda: content_security_policy(["'sha256-x'"]))
    return httpx.AsyncClient(transport=httpx.ASGITransport(guarded), base_url="http://ui")


async def test_every_answer_carries_the_policy() -> None:
    policy = (await client().get("/")).headers["content-security-policy"]
    assert policy.startswith("default-src 'self'; script-src 'self' 'sha256-x';")
    assert "unsafe-eval" not in policy


async def test_a_write_from_another_site_is_refused() -> None:
    assert (await client().post("/", headers={"Sec-Fetch-Site": "cross-site"})).status_code == 403
    assert (await client().post("/", headers={"Sec-Fetch-Site": "same-origin"})).status_code == 200
    assert (await client().get("/", headers={"Sec-Fetch-Site": "cross-site"})).status_code == 200
