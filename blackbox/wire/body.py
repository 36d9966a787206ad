"""A response body on its way through a probe: decompressed, counted, limited, kept only when a check needs it."""

import zlib
from typing import Any, Protocol

from blackbox.failures import ProbeError, Reason

_STEP = 1 << 16


class Decoder(Protocol):
    """Decompresses pieces, bounded in what one call may return."""

    def feed(self, data: bytes) -> list[bytes]: ...


class BodySink:
    """Takes pieces of a body. `size_bytes` counts after decompression and stops at the limit."""

    def __init__(self, compression: str, limit_bytes: int, keep: bool) -> None:
        self.size_bytes = 0
        self._decoder = _decoder(compression)
        self._limit, self._keep = limit_bytes, keep
        self._kept: list[bytes] = []

    @property
    def content(self) -> bytes:
        return b"".join(self._kept)

    def __call__(self, data: bytes) -> None:
        for piece in self._decoder.feed(data) if self._decoder else [data]:
            self._take(piece)

    def _take(self, piece: bytes) -> None:
        room = self._limit - self.size_bytes if self._limit else len(piece)
        taken = piece[:room]
        self.size_bytes += len(taken)
        if self._keep:
            self._kept.append(taken)
        if len(taken) < len(piece):
            raise ProbeError(Reason.BODY, f"the body is larger than body_size_limit, {self._limit} bytes")


class _Zlib:
    """gzip and raw deflate, in steps, so that a bomb meets the size limit before memory does."""

    def __init__(self, window_bits: int) -> None:
        self._inner = zlib.decompressobj(window_bits)

    def feed(self, data: bytes) -> list[bytes]:
        out = []
        try:
            while data:
                out.append(self._inner.decompress(data, _STEP))
                data = self._inner.unconsumed_tail
        except zlib.error as error:
            raise ProbeError(Reason.BODY, f"cannot decompress the body: {error}") from error
        return out


class _Brotli:
    def __init__(self) -> None:
        import cramjam

        self._errors = (cramjam.DecompressionError, OSError)
        self._inner: Any = cramjam.brotli.Decompressor()

    def feed(self, data: bytes) -> list[bytes]:
        try:
            self._inner.decompress(data)
        except self._errors as error:
            raise ProbeError(Reason.BODY, f"cannot decompress the body: {error}") from error
        return [bytes(self._inner.flush())]


def _decoder(compression: str) -> Decoder | None:
    if compression == "gzip":
        return _Zlib(31)
    if compression == "deflate":
        return _Zlib(-15)
    return _Brotli() if compression == "br" else None
