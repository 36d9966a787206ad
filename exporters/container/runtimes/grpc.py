"""Unary gRPC calls over a Unix socket: HTTP/2 with 5 bytes before each message. A library for it would be larger than the exporter."""

import asyncio
import contextlib
from typing import Final

import h2.config
import h2.connection
import h2.events

from exporters.container.runtimes.registry import RuntimeFailure

_BLOCK: Final = 65536
_MAX_ANSWER_BYTES: Final = 64 * 1024 * 1024


class GrpcChannel:
    """One connection, opened when first needed and again after it broke. One call at a time."""

    def __init__(self, path: str, timeout_s: float = 2.0) -> None:
        self._path, self._timeout_s = path, timeout_s
        self._lock = asyncio.Lock()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._h2: h2.connection.H2Connection | None = None

    async def call(self, method: str, request: bytes) -> bytes:
        """The answer's message. Raises `OSError` when there is no connection, `RuntimeFailure` for a status that is not OK."""
        async with self._lock:
            try:
                async with asyncio.timeout(self._timeout_s):
                    return await self._call(method, request)
            except RuntimeFailure:
                raise
            except TimeoutError as error:
                await self.close()
                raise OSError(f"{self._path}: no answer within {self._timeout_s:g} s") from error
            except BaseException:
                await self.close()
                raise

    async def close(self) -> None:
        """Close the connection; the next call opens a new one."""
        if self._streams is not None:
            writer = self._streams[1]
            self._streams = self._h2 = None
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _open(self) -> tuple[h2.connection.H2Connection, asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None or self._h2 is None:
            self._streams = await asyncio.open_unix_connection(self._path)
            self._h2 = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
            self._h2.initiate_connection()
            self._h2.increment_flow_control_window(_MAX_ANSWER_BYTES)
        return self._h2, *self._streams

    async def _call(self, method: str, request: bytes) -> bytes:
        connection, reader, writer = await self._open()
        stream = connection.get_next_available_stream_id()
        headers = [
            (":method", "POST"), (":scheme", "http"), (":path", method), (":authority", "localhost"),
            ("content-type", "application/grpc"), ("te", "trailers"),
        ]  # fmt: skip
        connection.send_headers(stream, headers)
        connection.send_data(stream, b"\0" + len(request).to_bytes(4, "big") + request, end_stream=True)
        writer.write(connection.data_to_send())
        await writer.drain()
        body = bytearray()
        status: dict[str, str] = {}
        while True:
            data = await reader.read(_BLOCK)
            if not data:
                raise ConnectionResetError(f"{self._path}: the connection was closed")
            ended = False
            for event in connection.receive_data(data):
                if isinstance(event, h2.events.DataReceived):
                    body += event.data or b""
                    connection.acknowledge_received_data(event.flow_controlled_length or 0, stream)
                elif isinstance(event, h2.events.ResponseReceived | h2.events.TrailersReceived):
                    status.update(_texts(event.headers))
                elif isinstance(event, h2.events.StreamEnded):
                    ended = True
                elif isinstance(event, h2.events.StreamReset | h2.events.ConnectionTerminated):
                    raise ConnectionResetError(f"{self._path}: the call was reset")
            if len(body) > _MAX_ANSWER_BYTES:
                raise ConnectionResetError(f"{self._path}: the answer is larger than {_MAX_ANSWER_BYTES} bytes")
            writer.write(connection.data_to_send())
            if ended:
                return self._message(method, bytes(body), status)

    def _message(self, method: str, body: bytes, status: dict[str, str]) -> bytes:
        code = status.get("grpc-status", "")
        if code != "0":
            raise RuntimeFailure(f"{self._path} {method}: gRPC status {code}: {status.get('grpc-message', '')}")
        if len(body) < 5 or body[0]:
            raise RuntimeFailure(f"{self._path} {method}: no plain message in the answer")
        return body[5 : 5 + int.from_bytes(body[1:5], "big")]


def _texts(headers: object) -> dict[str, str]:
    pairs: list[tuple[object, object]] = list(headers or [])  # type: ignore[call-overload]
    return {_text(name): _text(value) for name, value in pairs}


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
