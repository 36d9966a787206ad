import pytest

from blackbox.failures import ProbeError
from blackbox.wire.http1 import Exchange, Request, Response
from tests.support.probing import FakeWire, wire

GET = Request("GET", "/", "example.com", (("X-A", "b"),))


async def ask(*pieces: bytes, request: Request = GET) -> tuple[Response, bytes, FakeWire]:
    body: list[bytes] = []
    line = wire(*pieces)
    exchange = Exchange(line, body.append)
    response = await exchange.head(request)
    await exchange.drain()
    return response, b"".join(body), line


async def test_a_response_in_pieces() -> None:
    response, body, line = await ask(
        b"HTTP/1.1 200 OK\r\nContent-Len", b"gth: 5\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\nhel", b"lo"
    )
    assert line.written == b"GET / HTTP/1.1\r\nHost: example.com\r\nX-A: b\r\nConnection: close\r\n\r\n"
    assert (response.status, response.version, response.content_length, body) == (200, "1.1", 5, b"hello")
    assert response.all("Set-Cookie") == ["a", "b"]


async def test_chunks() -> None:
    response, body, _ = await ask(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
    assert (response.content_length, body) == (-1, b"hello")


async def test_until_the_end_of_the_connection() -> None:
    response, body, _ = await ask(b"HTTP/1.0 200 OK\r\n\r\nhel", b"lo", b"")
    assert (response.content_length, response.version, body) == (-1, "1.0", b"hello")


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
async def test_without_a_body(status: bytes) -> None:
    response, body, _ = await ask(b"HTTP/1.1 " + status + b"\r\n\r\n")
    assert (response.content_length, body) == (0, b"")


async def test_head_has_no_body() -> None:
    response, body, _ = await ask(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", request=Request("HEAD", "/", "x"))
    assert (response.content_length, body) == (500, b"")


async def test_interim_responses_are_skipped() -> None:
    response, body, _ = await ask(
        b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    )
    assert (response.status, response.headers, body) == (200, [("content-length", "2")], b"ok")


async def test_a_body_of_ones_own() -> None:
    _, _, line = await ask(b"HTTP/1.1 204 No\r\n\r\n", request=Request("POST", "/", "x", body=b"data"))
    assert line.written.endswith(b"Content-Length: 4\r\nConnection: close\r\n\r\ndata")


@pytest.mark.parametrize(
    ("pieces", "message"),
    [
        ((b"",), "closed before"),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", b""), "closed before"),
        ((b"SSH-2.0-OpenSSH\r\n",), "malformed"),
        ((b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",), "malformed"),
        ((b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200_000,), "headers larger"),
    ],
)
async def test_bad_responses(pieces: tuple[bytes, ...], message: str) -> None:
    with pytest.raises(ProbeError, match=message):
        await ask(*pieces)
