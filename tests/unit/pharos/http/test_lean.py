import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import bcrypt
import httpx
import pytest

from pharos.config import ConfigError
from pharos.http.lean import LeanServer, Request, Response
from pharos.http.options import WebOptions
from tests.support.certificates import make_certificates


async def page(request: Request) -> Response:
    return Response(f"page {request.query.get('q', [])}\n")


async def broken(_: Request) -> Response:
    raise RuntimeError("secret details")


async def slow(_: Request) -> Response:
    await asyncio.Event().wait()
    return Response("late")


class Reloads:
    def __init__(self) -> None:
        self.problem: Exception | None = None

    async def __call__(self) -> None:
        if self.problem:
            raise self.problem


@pytest.fixture
def reloads() -> Reloads:
    return Reloads()


@pytest.fixture
async def server(reloads: Reloads) -> AsyncIterator[LeanServer]:
    pages = {"/": page, "/broken": broken, "/slow": slow}
    server = LeanServer(WebOptions("127.0.0.1:0", timeout_s=0.1), pages, reload=reloads)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def client(server: LeanServer) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.url) as client:
        yield client


async def test_pages_and_what_every_server_has(client: httpx.AsyncClient) -> None:
    assert (await client.get("/?q=1&q=%C3%A4")).text == "page ['1', 'ä']\n"
    assert (await client.get("/-/healthy")).text == "OK\n"
    assert (await client.head("/-/ready")).status_code == 200
    assert (await client.post("/-/reload")).status_code == 200
    assert (await client.get("/nothing")).status_code == 404


async def test_methods_a_page_does_not_know(client: httpx.AsyncClient) -> None:
    answer = await client.post("/", content=b"x")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    answer = await client.get("/-/reload")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST, PUT")


async def test_an_error_shows_no_details_and_time_is_bounded(client: httpx.AsyncClient) -> None:
    answer = await client.get("/broken")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert (await client.get("/slow")).status_code == 503


async def test_a_reload_that_fails_says_why(client: httpx.AsyncClient, reloads: Reloads) -> None:
    reloads.problem = ConfigError("x.yml:1:1: a: bad")
    answer = await client.post("/-/reload")
    assert (answer.status_code, answer.text) == (500, "failed to reload config: x.yml:1:1: a: bad\n")


async def test_users_and_headers_of_the_web_configuration(tmp_path: Path) -> None:
    file = tmp_path / "web.yml"
    hashed = bcrypt.hashpw(b"pass", bcrypt.gensalt(4)).decode()
    file.write_text(
        f"basic_auth_users: {{ann: {hashed}}}\nhttp_server_config: {{headers: {{X-Frame-Options: deny}}}}\n"
    )
    server = LeanServer(WebOptions("127.0.0.1:0", config_file=str(file)), {"/": page})
    await server.start()
    async with httpx.AsyncClient(base_url=server.url) as client:
        refused = await client.get("/")
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Basic")
        assert (await client.get("/", auth=("ann", "wrong"))).status_code == 401
        answer = await client.get("/", auth=("ann", "pass"))
        assert (await client.post("/-/reload", auth=("ann", "pass"))).status_code == 404
    await server.stop()
    assert (answer.status_code, answer.headers["x-frame-options"]) == (200, "deny")


async def test_stopping_lets_idle_clients_go(server: LeanServer) -> None:
    port = int(server.url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert await reader.readuntil(b"page []\n")
    await server.stop()
    assert await reader.read() == b""
    writer.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


async def test_tls_with_certificates_of_clients(tmp_path: Path) -> None:
    make_certificates(tmp_path)
    (tmp_path / "web.yml").write_text(
        "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n  client_ca_file: ca.crt\n"
        "  client_auth_type: RequireAndVerifyClientCert\n"
    )
    trusting = ssl.create_default_context(cafile=str(tmp_path / "ca.crt"))
    server = LeanServer(WebOptions("127.0.0.1:0", config_file=str(tmp_path / "web.yml")), {"/": page}, reload=Reloads())
    await server.start()
    assert server.url.startswith("https://")
    async with httpx.AsyncClient(base_url=server.url, verify=trusting) as stranger:
        with pytest.raises(httpx.TransportError):
            await stranger.get("/")
    known = ssl.create_default_context(cafile=str(tmp_path / "ca.crt"))
    known.load_cert_chain(tmp_path / "client.crt", tmp_path / "client.key")
    async with httpx.AsyncClient(base_url=server.url, verify=known) as client:
        assert (await client.get("/")).text == "page []\n"
        assert (await client.post("/-/reload")).status_code == 200
    await server.stop()
