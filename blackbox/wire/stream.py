"""A byte stream to a target: connect, read what comes, write, switch to TLS, let go at once."""

import asyncio
import ssl
import time
from typing import Any, Self

from blackbox.failures import ProbeError, Reason

_LIMIT = 1 << 20


class Wire(asyncio.Protocol):
    """One connection. `first_byte_at` is when the peer's first byte came, on `time.perf_counter`."""

    def __init__(self) -> None:
        self.transport: Any = None
        self.first_byte_at = 0.0
        self._received = bytearray()
        self._ended = False
        self._error: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None

    @classmethod
    async def connect(cls, host: str, port: int, *, source: str = "") -> Self:
        """To an address and port. Raises `ProbeError`."""
        loop = asyncio.get_running_loop()
        local = (source, 0) if source else None
        try:
            _, wire = await loop.create_connection(cls, host, port, local_addr=local)
        except OSError as error:
            raise ProbeError(Reason.CONNECT, f"cannot connect to {host} port {port}: {_text(error)}") from error
        return wire

    @classmethod
    async def connect_unix(cls, path: str) -> Self:
        """To a Unix socket. Raises `ProbeError`."""
        try:
            _, wire = await asyncio.get_running_loop().create_unix_connection(cls, path)
        except PermissionError as error:
            raise ProbeError(Reason.PERMISSION, f"permission denied connecting to {path}") from error
        except (OSError, ValueError) as error:
            raise ProbeError(Reason.CONNECT, f"cannot connect to {path}: {error}") from error
        return wire

    async def start_tls(self, context: ssl.SSLContext, server_name: str) -> None:
        """Do the client's handshake. Raises `ProbeError`."""
        loop = asyncio.get_running_loop()
        try:
            self.transport = await loop.start_tls(self.transport, self, context, server_hostname=server_name or None)
        except (ssl.SSLError, ssl.CertificateError, OSError, ValueError) as error:
            raise ProbeError(Reason.TLS, f"TLS handshake failed: {_text(error)}") from error
        if self.transport is None:
            raise ProbeError(Reason.TLS, "TLS handshake failed: the connection was closed")
        self.first_byte_at = 0.0

    @property
    def ssl_object(self) -> Any:
        return self.transport.get_extra_info("ssl_object")

    def write(self, data: bytes) -> None:
        self.transport.write(data)

    async def read(self) -> bytes:
        """What has come since; waits for at least one byte. Empty at the end. Raises `ProbeError` when the peer breaks off."""
        if not self._received and not self._ended:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        if self._received:
            data = bytes(self._received)
            self._received.clear()
            self.transport.resume_reading() if not self._ended else None
            return data
        if self._error is not None:
            raise ProbeError(Reason.PROTOCOL, f"connection broken: {_text(self._error)}") from self._error
        return b""

    def push_back(self, data: bytes) -> None:
        """Give bytes back that the next `read` shall return."""
        self._received[:0] = data

    def close(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        if not self.first_byte_at:
            self.first_byte_at = time.perf_counter()
        self._received += data
        if len(self._received) > _LIMIT:
            self.transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self._ended = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended, self._error = True, self._error or exc
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
        self._waiter = None


def _text(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate verify failed: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return (error.reason or str(error)).replace("_", " ").lower()
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
