"""The envelope of every answer: `{"status", "data", "errorType", "error", "warnings", "infos"}`, compressed when the client likes."""

import itertools
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import cramjam
import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from collector.api.errors import ApiError

MAX_ANNOTATIONS: Final = 10
_GZIP_FROM_BYTES: Final = 256
_GZIP_LEVEL: Final = 3
JSON: Final = "application/json"


def success(
    request: Request, data: Any, warnings: Sequence[str] = (), infos: Sequence[str] = (), *, raw: bytes | None = None
) -> Response:
    """An answer of modest size. `raw`: JSON text of the data, when it is there already."""
    body = b'{"status":"success"'
    if data is not None or raw is not None:
        body += b',"data":' + (raw if raw is not None else dump(data))
    return _response(request, body + tail(warnings, infos))


def failure(request: Request, error: ApiError) -> Response:
    """An answer with status "error"."""
    body = {"status": "error", "errorType": error.kind, "error": error.message}
    return _response(request, dump(body), error.code)


def tail(warnings: Sequence[str] = (), infos: Sequence[str] = ()) -> bytes:
    """What follows the data: annotations and the closing brace."""
    out = b""
    for name, texts in ((b"warnings", warnings), (b"infos", infos)):
        if texts:
            out += b',"' + name + b'":' + dump(_shortened(texts, name.decode()[:-1]))
    return out + b"}"


def _shortened(texts: Sequence[str], what: str) -> list[str]:
    if len(texts) <= MAX_ANNOTATIONS:
        return list(texts)
    return [*texts[:MAX_ANNOTATIONS], f"{len(texts) - MAX_ANNOTATIONS} more {what} annotations omitted"]


def dump(value: Any) -> bytes:
    """JSON text. Lone surrogates, which no UTF-8 text has, become replacement characters."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return orjson.dumps(_clean(value))


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return value


def accepts_gzip(request: Request) -> bool:
    """Whether the client reads gzip."""
    return any(part.strip() == "gzip" for part in request.headers.get("accept-encoding", "").split(","))


def _response(request: Request, body: bytes, code: int = 200, media_type: str = JSON) -> Response:
    headers = {"Vary": "Accept-Encoding"}
    if len(body) >= _GZIP_FROM_BYTES and accepts_gzip(request):
        body = bytes(cramjam.gzip.compress(body, _GZIP_LEVEL))
        headers["Content-Encoding"] = "gzip"
    return Response(body, code, headers, media_type=media_type)


@dataclass(frozen=True, slots=True)
class Pieces:
    """A long answer of which the beginning is made: `rest` is None when that is all."""

    first: bytes
    rest: Iterator[bytes] | None

    @classmethod
    def begin(cls, pieces: Iterator[bytes]) -> "Pieces":
        """Make the first pieces, so that an answer that fits into one is sent with its length."""
        first, second = next(pieces, b""), next(pieces, None)
        return cls(first, None if second is None else itertools.chain([second], pieces))


def streamed(
    request: Request, pieces: Pieces, stream: Callable[[Iterator[bytes]], AsyncIterator[bytes]], media_type: str = JSON
) -> Response:
    """An answer that leaves piece by piece; `stream` makes the rest of them off the event loop."""
    if pieces.rest is None:
        return _response(request, pieces.first, media_type=media_type)
    headers = {"Vary": "Accept-Encoding"}
    rest: Iterator[bytes] = itertools.chain([pieces.first], pieces.rest)
    if accepts_gzip(request):
        headers["Content-Encoding"] = "gzip"
        rest = _compressed(rest)
    return StreamingResponse(stream(rest), headers=headers, media_type=media_type)


def _compressed(pieces: Iterator[bytes]) -> Iterator[bytes]:
    compressor = cramjam.gzip.Compressor(_GZIP_LEVEL)
    for piece in pieces:
        compressor.compress(piece)
        out = bytes(compressor.flush())
        if out:
            yield out
    yield bytes(compressor.finish())
