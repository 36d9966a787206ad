"""One HTTP/1.1 request and its response on a `Wire`. The body goes to a sink in pieces, it is never held here."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import httptools

from blackbox.failures import ProbeError, Reason
from blackbox.wire.stream import Wire

Sink = Callable[[bytes], None]
MAX_HEAD_BYTES: Final = 1 << 20


@dataclass(slots=True)
class Response:
    """A response as far as it has come. `content_length` is -1 when unknown; header names are lower case."""

    status: int = 0
    version: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    content_length: int = 0
    first_byte_at: float = 0.0

    def all(self, name: str) -> list[str]:
        """The values of a header."""
        return [value for key, value in self.headers if key == name.lower()]

    def get(self, name: str) -> str:
        """The first value of a header, or empty."""
        return next(iter(self.all(name)), "")


@dataclass(frozen=True, slots=True)
class Request:
    """A request. `path` is what stands in the request line; header names keep their case."""

    method: str
    path: str
    host: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    keep_open: bool = False

    def encoded(self) -> bytes:
        """The bytes of HTTP/1.1; the connection is closed afterwards unless it is to be kept for something else."""
        lines = [f"{self.method} {self.path} HTTP/1.1", f"Host: {self.host}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.body or self.method in ("POST", "PUT", "PATCH"):
            lines.append(f"Content-Length: {len(self.body)}")
        if not self.keep_open:
            lines.append("Connection: close")
        return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + self.body


class Exchange:
    """Sends a request and follows the response. First `head()`, then `drain()` when the body is wanted."""

    def __init__(self, wire: Wire, sink: Sink) -> None:
        self.response = Response()
        self.complete = self.upgraded = self._head_complete = False
        self._wire, self._sink = wire, sink
        self._method = ""
        self._held: list[bytes] = []
        self._seen = 0
        self._parser: Any = httptools.HttpResponseParser(self)

    async def head(self, request: Request) -> Response:
        """Send, and wait until the headers are there. Raises `ProbeError`."""
        self._method = request.method
        self._wire.write(request.encoded())
        while not self._head_complete:
            await self._feed()
            if self._seen > MAX_HEAD_BYTES and not self._head_complete:
                raise ProbeError(Reason.PROTOCOL, f"headers larger than {MAX_HEAD_BYTES} bytes")
        self.response.first_byte_at = self._wire.first_byte_at
        return self.response

    async def drain(self) -> None:
        """Hand the body to the sink until it ends; what came with the headers comes first. The sink may raise."""
        for piece in self._held:
            self._sink(piece)
        self._held.clear()
        while not self.complete:
            await self._feed()
            for piece in self._held:
                self._sink(piece)
            self._held.clear()

    async def _feed(self) -> None:
        data = await self._wire.read()
        if not data:
            if self._head_complete and self.response.content_length < 0 and not self._chunked():
                self.complete = True  # a body without a length ends with the connection
                return
            raise ProbeError(Reason.PROTOCOL, "the connection was closed before the response was complete")
        self._seen += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self.upgraded = True
            self._wire.push_back(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            if not self.complete:
                raise ProbeError(Reason.PROTOCOL, f"malformed HTTP response: {error}") from error

    def _chunked(self) -> bool:
        return "chunked" in self.response.get("transfer-encoding").lower()

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._head_complete:  # later ones are trailers
            self.response.headers.append((name.decode("latin-1").lower(), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if 100 <= status < 200 and status != 101:
            self.response.headers.clear()
            return
        response = self.response
        response.status, response.version = status, self._parser.get_http_version()
        length = response.get("content-length")
        response.content_length = int(length) if length.isdigit() and not self._chunked() else -1
        if status in (204, 304) or self._method == "HEAD":
            response.content_length = response.content_length if self._method == "HEAD" else 0
            self.complete = True
        self._head_complete = True

    def on_body(self, body: bytes) -> None:
        self._held.append(body)

    def on_message_complete(self) -> None:
        self.complete = self.complete or self._head_complete
