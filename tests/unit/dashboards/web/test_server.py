"""The whole application, without a browser."""

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Route

from dashboards.api.routes import api_routes
from dashboards.web.server import build_app
from tests.unit.dashboards.api.support import Api


@pytest.fixture(scope="module")
def client() -> httpx.AsyncClient:
    api = Api()
    extra: list[BaseRoute] = [Route("/metrics", lambda _: PlainTextResponse("m 1\n"))]
    app = build_app(api.services, lambda: [*extra, *api_routes(api.services)])
    app.mount()
    return httpx.AsyncClient(transport=httpx.ASGITransport(app.asgi), base_url="http://ui")


async def test_pages_are_pages_and_the_rest_is_404(client: httpx.AsyncClient) -> None:
    assert (await client.get("/targets")).status_code == 200
    assert (await client.get("/nope")).status_code == 404
    assert (await client.get("/api/nope")).json()["message"] == "Not found"
    assert (await client.get("/metrics")).text == "m 1\n"


async def test_the_page_names_nothing_outside(client: httpx.AsyncClient) -> None:
    page = (await client.get("/")).text
    sources = [part.split('"')[0] for part in page.split('src="')[1:]] + [
        part.split('"')[0] for part in page.split('href="')[1:]
    ]
    assert sources
    assert all(source.startswith("/") for source in sources)
    for source in sources:
        assert (await client.get(source)).status_code == 200, source
