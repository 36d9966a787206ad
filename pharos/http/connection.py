"""One client's connection to a `LeanServer`: bytes to requests, answers to bytes, one at a time and in order."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs, unquote

import httptools

IDLE_S: Final = 75.0
_MAX_HEAD_BYTES: Final = 65536
_MAX_WAITING: Final = 16
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(slots=True)
class Request:
    """What a client asks; names of headers are lower-case."""

    method: str = "GET"
    path: str = "/"
    query: dict[str, list[str]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Response:
    """What it gets."""

    body: bytes | str
    status: int = 200
    content_type: str = "text/plain; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)

    def encode(self, *, head_only: bool, keep_alive: bool) -> bytes:
        body = self.body.encode() if isinstance(self.body, str) else self.body
        lines = [
            f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}",
            f"date: {http_date(time.time())}",
            f"content-type: {self.content_type}",
            f"content-length: {len(body)}",
            *(f"{name}: {value}" for name, value in self.headers.items()),
        ]
        if not keep_alive:
            lines.append("connection: close")
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        return head if head_only else head + body


def http_date(now: float) -> str:
    """RFC 9110's date, in English whatever the locale."""
    at = time.gmtime(now)
    clock = f"{at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02}"
    return f"{_DAYS[at.tm_wday]}, {at.tm_mday:02} {_MONTHS[at.tm_mon - 1]} {at.tm_year} {clock} GMT"


class Connection(asyncio.Protocol):
    """Parses, asks `answer` for each request, writes. Lives in `connections` as long as it is open."""

    def __init__(
        self, answer: Callable[[Request], Awaitable[Response]], connections: "set[Connection]", body_limit: int
    ) -> None:
        self._answer, self._connections, self._body_limit = answer, connections, body_limit
        self._parser = httptools.HttpRequestParser(self)
        self._waiting: deque[tuple[Request, bool]] = deque()
        self._task: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._last = self._closed = False
        self._reset()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._connections.add(self)
        self._wait_for_client()

    def connection_lost(self, _: Exception | None) -> None:
        self._connections.discard(self)
        self._closed = True
        self._stop_waiting()

    def data_received(self, data: bytes) -> None:
        if self._closed:
            return
        try:
            self._parser.feed_data(data)
        except _RefusedError as refusal:
            self._refuse(refusal.response)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade, UnicodeDecodeError, ValueError) as error:
            cause = error.__context__
            self._refuse(cause.response if isinstance(cause, _RefusedError) else Response("Bad Request\n", 400))
        else:
            self._head_bytes += 0 if self._headers_done else len(data)
            if self._head_bytes > _MAX_HEAD_BYTES:
                self._refuse(Response("Request header fields too large\n", 431))

    # What the parser calls.

    def on_message_begin(self) -> None:
        self._reset()

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self._headers_done = True
        if self._headers.get("expect", "").lower() == "100-continue" and self._transport is not None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if self._body_bytes > self._body_limit:
            raise _RefusedError(Response(f"request body larger than {self._body_limit} bytes\n", 413))

    def on_message_complete(self) -> None:
        url = httptools.parse_url(self._url)
        query = parse_qs(url.query.decode(), keep_blank_values=True) if url.query else {}
        path = unquote((url.path or b"/").decode())
        request = Request(self._parser.get_method().decode(), path, query, self._headers)
        if len(self._waiting) >= _MAX_WAITING:
            raise _RefusedError(Response("Too many requests at once\n", 503))
        self._waiting.append((request, self._parser.should_keep_alive()))
        self._reset()
        self._stop_waiting()
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._answer_all())

    # What the server calls.

    def close_when_idle(self) -> "asyncio.Task[None] | None":
        """Close now, or after the request that is being answered; that one's task."""
        self._last = True
        if self._task is None:
            self._close()
        return self._task

    def abort(self) -> None:
        """Close at once, whatever is under way."""
        if self._transport is not None:
            self._transport.abort()

    async def _answer_all(self) -> None:
        while self._waiting:
            request, keep_alive = self._waiting.popleft()
            response = await self._answer(request)
            if self._closed or self._transport is None:
                return
            keep_alive = keep_alive and not self._last
            self._transport.write(response.encode(head_only=request.method == "HEAD", keep_alive=keep_alive))
            if not keep_alive:
                self._close()
        self._task = None
        self._wait_for_client()

    def _reset(self) -> None:
        self._url = b""
        self._headers: dict[str, str] = {}
        self._headers_done = False
        self._head_bytes = self._body_bytes = 0

    def _refuse(self, response: Response) -> None:
        """A client that breaks the rules hears why, and nothing more."""
        if self._transport is not None:
            self._transport.write(response.encode(head_only=False, keep_alive=False))
        self._close()

    def _close(self) -> None:
        """Let what is written go out; answers that come later are dropped."""
        self._closed = True
        self._waiting.clear()
        if self._transport is not None:
            self._transport.close()
        self._wait_for_client()

    def _wait_for_client(self) -> None:
        """Whoever says nothing for a while, or reads nothing of an answer, is not waited for."""
        if self._transport is not None and self._idle is None:
            self._idle = asyncio.get_running_loop().call_later(IDLE_S, self.abort)

    def _stop_waiting(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None


class _RefusedError(Exception):
    """The request goes too far; `response` says how."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response
