"""Static files."""

import gzip

import httpx
from starlette.applications import Starlette

from dashboards.web.static import StaticFiles, plotly_bundle


def test_plotly_is_at_hand() -> None:
    assert plotly_bundle().stat().st_size > 1_000_000


def test_a_url_changes_with_the_content() -> None:
    assert "?v=" in StaticFiles().url("pharos.js")


async def test_files_are_served_packed_and_for_ever() -> None:
    files = StaticFiles()
    client = httpx.AsyncClient(transport=httpx.ASGITransport(Starlette(routes=[files.route()])), base_url="http://ui")
    answer = await client.get(files.url("pharos.css"))
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
    assert "--accent:" in answer.text
    plain = await client.get(files.url("pharos.js"), headers={"Accept-Encoding": "identity"})
    assert "window.pharos_ui" in plain.text
    assert len(gzip.compress(plain.content, 6)) < 60_000
    assert (await client.get("/static/nope")).status_code == 404
    assert (await client.get("/static/fonts/inter.woff2")).headers["content-type"] == "font/woff2"
