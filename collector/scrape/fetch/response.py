"""An answer, and how its body is bounded."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from isal import isal_zlib

from collector.scrape.page import ScrapeError

# Without `body_size_limit` a page may still not eat the machine: 2.5 million samples of 100 bytes.
MAX_BODY_BYTES: Final = 256 * 1024 * 1024
# Longer than this, unpacking happens in a thread, so that other targets are not kept waiting.
_IN_THREAD_BYTES: Final = 64 * 1024
_GZIP_WINDOW: Final = 31
# A small page may be larger when it is packed: what counts is its size unpacked.
_PACKED_BYTES: Final = 64 * 1024


class FetchError(ScrapeError):
    """The page could not be fetched."""


class BodyLimitError(FetchError):
    """The page is larger than allowed."""

    def __init__(self) -> None:
        super().__init__("body size limit exceeded")


@dataclass(slots=True)
class Response:
    """A page as it came: `body` may be a view into a reused buffer and is valid until `release`."""

    content_type: str
    body: bytes | memoryview
    release: Callable[[], None] = lambda: None


def check_status(status: int, reason: str = "") -> None:
    """Raises `FetchError` for anything but 200."""
    if status != 200:
        with contextlib.suppress(ValueError):
            reason = reason or HTTPStatus(status).phrase
        raise FetchError(f"server returned HTTP status {status} {reason}".rstrip())


def limit_on_the_wire(encoding: str, limit: int) -> int:
    """How large a body may be as it comes, when it may have `limit` bytes unpacked."""
    return max(limit, _PACKED_BYTES) if encoding == "gzip" else limit


async def unpack(body: Any, encoding: str, limit: int) -> Any:
    """The body without its compression; what was not asked for is taken as it is. Raises `FetchError`, `BodyLimitError`."""
    if encoding != "gzip":
        if len(body) > limit:
            raise BodyLimitError
        return body
    if len(body) > _IN_THREAD_BYTES:
        return await asyncio.to_thread(gunzip, bytes(body), limit)
    return gunzip(body, limit)


def gunzip(body: Any, limit: int) -> bytes:
    """The bytes inside one or several gzip members, at most `limit`. Raises `FetchError`, `BodyLimitError`."""
    pieces: list[bytes] = []
    size = 0
    rest = body
    try:
        while rest or not pieces:
            member = isal_zlib.decompressobj(_GZIP_WINDOW)
            piece = member.decompress(rest, limit - size + 1)
            size += len(piece)
            pieces.append(piece)
            if size > limit:
                raise BodyLimitError
            if not member.eof:
                raise FetchError("unexpected EOF in gzip body")
            rest = member.unused_data
    except isal_zlib.error as error:  # type: ignore[misc]
        raise FetchError(f"gzip: invalid body: {error}") from error
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
