"""One HTTP/2 request and its response on a `Wire`, through `h2`."""

from collections.abc import Sequence

import h2.config
import h2.connection
import h2.events
import h2.exceptions

from blackbox.failures import ProbeError, Reason
from blackbox.wire.http1 import Request, Response, Sink
from blackbox.wire.stream import Wire

_FRAME_BYTES = 16_384  # what every peer must accept; a body beyond the initial window of 64 KiB is an error here
_CONNECTION_HEADERS = frozenset(
    {"connection", "host", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"}
)


class Exchange2:
    """The same two steps as `http1.Exchange`: `head()`, then `drain()`. `trailers` are there when the stream has ended."""

    def __init__(self, wire: Wire, sink: Sink, scheme: str = "https") -> None:
        self.response = Response(version="2.0")
        self.trailers: dict[str, str] = {}
        self.complete = False
        self._wire, self._sink, self._scheme = wire, sink, scheme
        self._held: list[bytes] = []
        self._connection = h2.connection.H2Connection(
            h2.config.H2Configuration(client_side=True, header_encoding="utf-8")
        )

    async def head(self, request: Request) -> Response:
        """Send, and wait until the headers are there. Raises `ProbeError`."""
        connection = self._connection
        connection.initiate_connection()
        stream = connection.get_next_available_stream_id()
        connection.send_headers(stream, self._headers(request), end_stream=not request.body)
        for start in range(0, len(request.body), _FRAME_BYTES):
            last = start + _FRAME_BYTES >= len(request.body)
            connection.send_data(stream, request.body[start : start + _FRAME_BYTES], end_stream=last)
        self._wire.write(connection.data_to_send())
        while not self.response.status and not self.complete:
            await self._feed()
        return self.response

    async def drain(self) -> None:
        """Hand the body to the sink until the stream ends. The sink may raise."""
        while True:
            for piece in self._held:
                self._sink(piece)
            self._held.clear()
            if self.complete:
                return
            await self._feed()

    def _headers(self, request: Request) -> Sequence[tuple[str, str]]:
        pseudo = [
            (":method", request.method),
            (":scheme", self._scheme),
            (":authority", request.host),
            (":path", request.path),
        ]
        rest = [(name.lower(), value) for name, value in request.headers if name.lower() not in _CONNECTION_HEADERS]
        if request.body:
            rest.append(("content-length", str(len(request.body))))
        return pseudo + rest

    async def _feed(self) -> None:
        data = await self._wire.read()
        if not data:
            raise ProbeError(Reason.PROTOCOL, "the connection was closed before the response was complete")
        try:
            for event in self._connection.receive_data(data):
                self._take(event)
        except h2.exceptions.H2Error as error:
            raise ProbeError(Reason.PROTOCOL, f"malformed HTTP/2 answer: {error}") from error
        pending = self._connection.data_to_send()
        if pending:
            self._wire.write(pending)

    def _take(self, event: h2.events.Event) -> None:
        if isinstance(event, h2.events.ResponseReceived):
            self._take_headers(event)
        elif isinstance(event, h2.events.DataReceived):
            self._held.append(event.data)
            self._connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.TrailersReceived):
            self.trailers = {_text(name): _text(value) for name, value in event.headers}
        elif isinstance(event, h2.events.StreamEnded):
            self.complete = True
        elif isinstance(event, h2.events.StreamReset | h2.events.ConnectionTerminated):
            raise ProbeError(Reason.PROTOCOL, f"the server ended the stream with error code {event.error_code}")

    def _take_headers(self, event: h2.events.ResponseReceived) -> None:
        response = self.response
        response.first_byte_at = self._wire.first_byte_at
        for name, value in event.headers:
            if _text(name) == ":status":
                response.status = int(value)
            else:
                response.headers.append((_text(name), _text(value)))
        length = response.get("content-length")
        response.content_length = int(length) if length.isdigit() else -1


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("utf-8", "replace")
