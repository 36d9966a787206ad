import asyncio
import socket
from collections.abc import AsyncIterator

import bcrypt
import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from pharos.config import ConfigError
from pharos.http.options import WebOptions, split_address
from pharos.http.own_metrics import new_registry
from pharos.http.server import WebServer
from pharos.http.sockets import PortTakenError


async def echo(request: Request) -> Response:
    return PlainTextResponse(await request.body())


async def broken(_: Request) -> Response:
    raise RuntimeError("secret details")


async def slow(_: Request) -> Response:
    await asyncio.sleep(30)
    return PlainTextResponse("late")


class Reloads:
    def __init__(self) -> None:
        self.problem: Exception | None = None

    async def __call__(self) -> None:
        if self.problem:
            raise self.problem


@pytest.fixture
async def server() -> AsyncIterator[WebServer]:
    routes = [Route("/echo", echo, methods=["POST"]), Route("/broken", broken), Route("/slow", slow)]
    options = WebOptions("127.0.0.1:0", body_limit=1000, timeout_s=0.2)
    server = WebServer(options, routes, registry=new_registry("thing"), reload=Reloads())
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def client(server: WebServer) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.url) as client:
        yield client


async def test_what_every_server_has(client: httpx.AsyncClient) -> None:
    assert (await client.get("/-/healthy")).text == "OK\n"
    assert (await client.get("/-/ready")).status_code == 200
    assert 'thing_build_info{version="' in (await client.get("/metrics")).text
    assert (await client.post("/-/reload")).status_code == 200
    assert (await client.get("/nothing")).status_code == 404


async def test_an_error_shows_no_details(client: httpx.AsyncClient) -> None:
    answer = await client.get("/broken")
    assert answer.status_code == 500
    assert "secret" not in answer.text


async def test_bodies_and_times_are_bounded(client: httpx.AsyncClient) -> None:
    assert (await client.post("/echo", content=b"x" * 1000)).text == "x" * 1000
    assert (await client.post("/echo", content=b"x" * 1001)).status_code == 413

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * 600

    assert (await client.post("/echo", content=chunks())).status_code == 413
    assert (await client.get("/slow")).status_code == 503


async def test_a_reload_that_fails_says_why(server: WebServer, client: httpx.AsyncClient) -> None:
    assert isinstance(server._reload, Reloads)
    server._reload.problem = ConfigError("x.yml:1:1: a: bad")
    answer = await client.post("/-/reload")
    assert (answer.status_code, answer.text) == (500, "failed to reload config: x.yml:1:1: a: bad\n")


async def test_basic_auth(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("web") / "web.yml"
    hashed = bcrypt.hashpw(b"pass", bcrypt.gensalt(4)).decode()
    file.write_text(f"basic_auth_users:\n  ann: {hashed}\nhttp_server_config:\n  headers: {{X-Frame-Options: deny}}\n")
    server = WebServer(WebOptions("127.0.0.1:0", config_file=str(file)))
    await server.start()
    async with httpx.AsyncClient(base_url=server.url) as client:
        assert (await client.get("/-/healthy")).status_code == 401
        assert (await client.get("/-/healthy", auth=("ann", "wrong"))).status_code == 401
        answer = await client.get("/-/healthy", auth=("ann", "pass"))
    await server.stop()
    assert (answer.status_code, answer.headers["x-frame-options"]) == (200, "deny")


async def test_a_taken_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"port {port} on 127.0.0.1 is already in use"):
            await WebServer(WebOptions(f"127.0.0.1:{port}")).start()


def test_addresses() -> None:
    assert split_address(":9090") == ("", 9090)
    assert split_address("[::1]:80") == ("::1", 80)
    with pytest.raises(ValueError, match="expected host:port"):
        split_address("9090")
