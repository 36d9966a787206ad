"""A lean HTTP/1.1 client for one thing: the same GET to the same place, again and again, over one kept connection.

The socket reads straight into a buffer that is lent from a pool; a body with a Content-Length is never copied. httptools reads
the head, and chunked bodies.
"""

import asyncio
import ssl
from typing import Any, Final, cast

import httptools

from collector.scrape.fetch.response import BodyLimitError, FetchError, limit_on_the_wire

_ROOM: Final = 16 * 1024
_KEPT_BYTES: Final = 4 * 1024 * 1024
_MAX_HEAD: Final = 64 * 1024
_OK: Final = 200


class BufferPool:
    """Buffers that are free, a few MiB of them: at the start many pages are read at once, later hardly two."""

    def __init__(self) -> None:
        self._free: list[bytearray] = []
        self._size = 0

    def take(self) -> bytearray:
        if not self._free:
            return bytearray(2 * _ROOM)
        buffer = self._free.pop()
        self._size -= len(buffer)
        return buffer

    def give(self, buffer: bytearray) -> None:
        if self._size + len(buffer) <= _KEPT_BYTES:
            self._free.append(buffer)
            self._size += len(buffer)


class _Head:
    """What httptools tells us."""

    __slots__ = ("chunks", "complete", "done", "headers", "reason", "size")

    def __init__(self) -> None:
        self.headers: dict[bytes, bytes] = {}
        self.reason = b""
        self.done = self.complete = False
        self.chunks: list[bytes] = []
        self.size = 0

    def on_status(self, reason: bytes) -> None:
        self.reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        self.done = True

    def on_body(self, body: bytes) -> None:
        self.chunks.append(body)
        self.size += len(body)

    def on_message_complete(self) -> None:
        self.complete = True


class Answer:
    """One answer: status, headers in lower case, body."""

    __slots__ = ("body", "headers", "keep_alive", "reason", "status")

    def __init__(self, status: int, reason: str, headers: dict[bytes, bytes], body: Any, keep_alive: bool) -> None:
        self.status, self.reason, self.headers, self.body, self.keep_alive = status, reason, headers, body, keep_alive

    def header(self, name: bytes) -> str:
        return self.headers.get(name, b"").decode("latin-1").strip()


class Wire(asyncio.BufferedProtocol):
    """One connection. `ask` sends a request and waits for its answer; one at a time."""

    def __init__(self, pool: BufferPool) -> None:
        self._pool = pool
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._filled = 0
        self._limit = 0
        self._head = _Head()
        self._parser: Any = None
        self._body_start = self._body_end = -1
        self._raw = False
        self._until_close = False
        self._answer: asyncio.Future[Answer] | None = None
        self._gone = asyncio.Event()
        self.answered_bytes = 0
        self.usable = False

    async def ask(self, request: bytes, limit: int, deadline: float) -> Answer:
        """Send `request`. The body of the answer is a view into the lent buffer: call `release` when done with it. Raises `TimeoutError`
        when the answer is not there at `deadline`, in the loop's time."""
        assert self._transport is not None
        assert self._answer is None
        self._filled = self.answered_bytes = 0
        self._limit = limit
        self._head = _Head()
        self._parser = httptools.HttpResponseParser(self._head)
        self._raw = self._until_close = False
        loop = asyncio.get_running_loop()
        self._answer = loop.create_future()
        timer = loop.call_at(deadline, _give_up, loop, self._answer)
        self._transport.write(request)
        try:
            return await self._answer
        except BaseException:
            self.close()
            raise
        finally:
            timer.cancel()
            self._answer = None

    def release(self) -> None:
        """Give the buffer back; views into it must not be used any more."""
        buffer, self._buffer = self._buffer, bytearray()
        if buffer:
            self._pool.give(buffer)

    async def closed(self) -> None:
        """Close, and wait until the connection is gone."""
        self.close()
        await self._gone.wait()

    def close(self) -> None:
        self.usable = False
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass
        self.usable = True

    def get_buffer(self, _: int) -> memoryview:
        if self._answer is None or self._answer.done():
            return memoryview(bytearray(256))  # for what should not come
        if not self._buffer:
            self._buffer = self._pool.take()
        elif len(self._buffer) - self._filled < _ROOM and not (self._raw and self._filled < self._body_end):
            self._grow(2 * len(self._buffer))
        return memoryview(self._buffer)[self._filled :]

    def _grow(self, size: int) -> None:
        larger = bytearray(size)
        larger[: self._filled] = memoryview(self._buffer)[: self._filled]
        self._buffer = larger

    def buffer_updated(self, count: int) -> None:
        if self._answer is None or self._answer.done():
            self.close()  # bytes that nobody asked for
            return
        self.answered_bytes += count
        start, self._filled = self._filled, self._filled + count
        try:
            self._advance(start)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(FetchError(f"malformed HTTP response: {error}"))
        except FetchError as error:
            self._fail(error)

    def _advance(self, start: int) -> None:
        if self._raw:
            if self._filled >= self._body_end:
                self._finish(memoryview(self._buffer)[self._body_start : self._body_end])
            return
        if not self._head.done:
            start = self._read_head(start)
            if self._raw or not self._head.done:
                return
        self._parser.feed_data(memoryview(self._buffer)[start : self._filled])
        self._filled = 0
        if self._head.size > self._limit:
            raise BodyLimitError
        if self._head.complete:
            self._finish(b"".join(self._head.chunks))

    def _read_head(self, start: int) -> int:
        """Feed the head once it is whole; decide how the body ends. Returns where the body begins."""
        end = self._buffer.find(b"\r\n\r\n", max(0, start - 3), self._filled)
        if end < 0:
            if self._filled > _MAX_HEAD:
                raise FetchError("response head too large")
            return start
        self._parser.feed_data(memoryview(self._buffer)[: end + 4])
        head = self._head
        if (
            self._parser.get_status_code() > _OK
        ):  # its body tells nothing, however large it is; who asked closes the connection
            self._raw = True
            self._finish(b"")
            return end + 4
        if b"content-encoding" in head.headers:
            self._limit = limit_on_the_wire(head.headers[b"content-encoding"].decode("latin-1").strip(), self._limit)
        if head.complete and not head.headers.get(b"content-length", b"0").strip(b"0"):
            self._finish(b"")
            self._raw = True
            return end + 4
        length = head.headers.get(b"content-length")
        if b"transfer-encoding" in head.headers:
            return end + 4
        if length is None:
            self._until_close = True
            return end + 4
        self._expect_raw(end + 4, int(length))
        return end + 4

    def _expect_raw(self, start: int, length: int) -> None:
        if length > self._limit:
            raise BodyLimitError
        self._raw, self._body_start, self._body_end = True, start, start + length
        if self._body_end > len(self._buffer):
            self._grow(-(-self._body_end // _ROOM) * _ROOM)
        self._advance(start)

    def _finish(self, body: Any) -> None:
        if self._answer is None or self._answer.done():
            return
        head = self._head
        keep = bool(self._parser.should_keep_alive()) and not self._until_close
        self.usable = keep
        status, reason = self._parser.get_status_code(), head.reason.decode("latin-1")
        self._answer.set_result(Answer(status, reason, head.headers, body, keep))
        if not keep and self._transport is not None:
            self._transport.abort()  # a server that says "close" may never do it

    def _fail(self, error: Exception) -> None:
        self.usable = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
        if self._transport is not None:
            self._transport.abort()

    def eof_received(self) -> None:
        if self._until_close and self._head.done:
            self._finish(b"".join(self._head.chunks))
        self.usable = False

    def connection_lost(self, error: Exception | None) -> None:
        self.usable = False
        self._gone.set()
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(FetchError(str(error) if error else "unexpected EOF"))


def _give_up(loop: asyncio.AbstractEventLoop, answer: "asyncio.Future[Answer]") -> None:
    """The time is over, but for what has come already and this loop was too busy to read: that is read before timers run again."""

    def expire() -> None:
        if not answer.done():
            answer.set_exception(TimeoutError())

    loop.call_later(0, expire)


async def connect(host: str, port: int, pool: BufferPool, tls: ssl.SSLContext | None, server_name: str | None) -> Wire:
    """A new connection. Raises `OSError`."""
    loop = asyncio.get_running_loop()
    _, wire = await loop.create_connection(
        lambda: Wire(pool), host, port, ssl=tls, server_hostname=(server_name or host) if tls else None
    )
    return wire
