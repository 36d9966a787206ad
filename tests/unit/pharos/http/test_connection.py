import asyncio
from collections.abc import Awaitable, Callable

import pytest

from pharos.http.connection import Connection, Request, Response, http_date


class Wire(asyncio.Transport):
    """A transport that remembers what was written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.out = b""
        self.closed = self.aborted = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.closed
        self.out += bytes(data)

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.aborted = True


async def echo(request: Request) -> Response:
    return Response(f"{request.method} {request.path} {request.query}")


def connected(answer: Callable[[Request], Awaitable[Response]] = echo, limit: int = 100) -> tuple[Connection, Wire]:
    wire, all_of_them = Wire(), set[Connection]()
    connection = Connection(answer, all_of_them, limit)
    connection.connection_made(wire)
    assert all_of_them == {connection}
    return connection, wire


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_requests_in_pieces_and_several_at_once_are_answered_in_order() -> None:
    connection, wire = connected()
    for piece in (b"GET /a?x=1&x", b"=%5B HTTP/1.1\r\nHo", b"st: h\r\n\r\nGET /b HTTP/1.1\r\n\r\n"):
        connection.data_received(piece)
    await settle()
    first, second = wire.out.split(b"HTTP/1.1 200 OK\r\n")[1:]
    assert first.endswith(b"GET /a {'x': ['1', '[']}")
    assert second.endswith(b"GET /b {}")
    assert b"content-length: 24\r\n" in first
    assert not wire.closed


async def test_head_has_the_length_but_not_the_body() -> None:
    connection, wire = connected()
    connection.data_received(b"HEAD /a HTTP/1.1\r\n\r\n")
    await settle()
    assert b"content-length: 10\r\n" in wire.out
    assert wire.out.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("request_", [b"GET / HTTP/1.0\r\n\r\n", b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n"])
async def test_a_client_that_asks_once_is_let_go(request_: bytes) -> None:
    connection, wire = connected()
    connection.data_received(request_)
    await settle()
    assert b"connection: close\r\n" in wire.out
    assert wire.closed


async def test_bodies_are_dropped_and_bounded() -> None:
    connection, wire = connected(limit=4)
    connection.data_received(b"POST /a HTTP/1.1\r\nContent-Length: 4\r\n\r\n1234")
    await settle()
    assert b"200 OK" in wire.out
    connection.data_received(b"POST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\n12345")
    await settle()
    assert b"413 " in wire.out
    assert wire.closed


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"no http\r\n\r\n", b"400 "),
        (b"GET / HTTP/1.1\r\nX: " + b"y" * 70_000, b"431 "),
        (b"GET / HTTP/1.1\r\n\r\n" * 18, b"503 "),
        (b"GET /\xff HTTP/1.1\r\n\r\n", b"400 "),
        (b"GET /ws HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", b"400 "),
    ],
)
async def test_clients_that_break_the_rules_are_told_and_let_go(request_: bytes, status: bytes) -> None:
    connection, wire = connected()
    connection.data_received(request_)
    await settle()
    assert wire.out.startswith(b"HTTP/1.1 " + status)
    assert wire.out.count(b"HTTP/1.1 ") == 1
    assert wire.closed
    connection.data_received(b"GET / HTTP/1.1\r\n\r\n")


async def test_an_answer_nobody_waits_for_is_dropped() -> None:
    release = asyncio.Event()

    async def slow(_: Request) -> Response:
        await release.wait()
        return Response("late")

    connection, wire = connected(slow)
    connection.data_received(b"GET / HTTP/1.1\r\n\r\n")
    await settle()
    connection.connection_lost(None)
    release.set()
    await settle()
    assert wire.out == b""


async def test_closing_waits_for_the_request_that_is_being_answered() -> None:
    release = asyncio.Event()

    async def slow(_: Request) -> Response:
        await release.wait()
        return Response("done")

    connection, wire = connected(slow)
    connection.data_received(b"GET / HTTP/1.1\r\n\r\n")
    await settle()
    task = connection.close_when_idle()
    assert task is not None
    assert not wire.closed
    release.set()
    await task
    assert wire.out.endswith(b"done")
    assert wire.closed
    idle, other = connected()
    assert idle.close_when_idle() is None
    assert other.closed


async def test_a_client_that_expects_to_be_asked_for_its_body_is() -> None:
    connection, wire = connected()
    connection.data_received(b"POST /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n")
    assert wire.out == b"HTTP/1.1 100 Continue\r\n\r\n"
    connection.data_received(b"x")
    await settle()
    assert b"200 OK" in wire.out


def test_dates_are_english() -> None:
    assert http_date(784111777) == "Sun, 06 Nov 1994 08:49:37 GMT"
