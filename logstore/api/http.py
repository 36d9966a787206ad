"""Request in, answer out: bodies (gzip, JSON), headers the official client insists on, `filter_path`, errors."""

import fnmatch
import zlib
from collections.abc import Awaitable, Callable
from typing import Any, Final

import orjson
from isal import isal_zlib
from starlette.requests import Request
from starlette.responses import Response

from logstore.errors import ElasticError, parsing
from logstore.generation import Generation
from logstore.store import Store

PRODUCT: Final = {"X-Elastic-Product": "Elasticsearch"}
Handler = Callable[["Call"], Awaitable[Any]]
Table = list[tuple[list[str], str, Handler]]
MAX_UNPACKED: Final = 512 * 1024 * 1024


class Call:
    """One request, as handlers see it."""

    def __init__(self, store: Store, request: Request) -> None:
        self.store, self.request = store, request
        self.params: dict[str, str] = dict(request.query_params)
        self.path: dict[str, str] = dict(request.path_params)

    @property
    def index(self) -> str:
        return self.path.get("index", "")

    @property
    def method(self) -> str:
        return self.request.method

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self.params.get(name)
        return default if value is None else value not in ("false", "0")

    def generations(self) -> list[Generation]:
        """The indices the path names. Raises `ElasticError`."""
        return self.store.catalog.resolve(
            self.index,
            ignore_unavailable=self.flag("ignore_unavailable"),
            allow_no_indices=self.flag("allow_no_indices", default=True),
        )

    async def body(self) -> bytes:
        """The body, unpacked. Raises `ElasticError`."""
        raw = await self.request.body()
        encoding = self.request.headers.get("content-encoding", "").lower()
        if encoding in ("", "identity"):
            return raw
        if encoding not in ("gzip", "deflate"):
            raise ElasticError(415, "unsupported_media_type", f"content-encoding [{encoding}] is not supported")
        try:
            unpacker = isal_zlib.decompressobj(31 if encoding == "gzip" else 15)
            data: bytes = unpacker.decompress(raw, MAX_UNPACKED)
        except zlib.error as error:
            raise parsing(f"the body is not valid {encoding}: {error}") from error
        if unpacker.unconsumed_tail:
            raise ElasticError(413, "content_too_long_exception", f"the body unpacks to more than {MAX_UNPACKED} bytes")
        return data

    async def json(self) -> dict[str, Any]:
        """The body as a JSON object; empty when there is none. Raises `ElasticError`."""
        raw = await self.body() or self.params.get("source", "").encode()
        if not raw.strip():
            return {}
        try:
            value = orjson.loads(raw)
        except ValueError as error:
            raise ElasticError(400, "parsing_exception", f"the body is not valid JSON: {error}") from error
        if not isinstance(value, dict):
            raise parsing("the body must be a JSON object")
        return value


class Status(dict[str, Any]):
    """A JSON answer with a status other than 200."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(body)
        self.status = status


def endpoint(store: Store, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """A starlette endpoint: runs the handler, renders what it returns or raises."""

    async def serve(request: Request) -> Response:
        call = Call(store, request)
        try:
            return render(call, await handler(call))
        except ElasticError as error:
            return render(call, Status(error.status, error.body()))

    return serve


def render(call: Call, answer: Any) -> Response:
    """A handler's answer as a response."""
    if isinstance(answer, Response):
        answer.headers.update(PRODUCT)
        return answer
    status = answer.status if isinstance(answer, Status) else 200
    if isinstance(answer, bytes):
        return Response(answer, status, {**PRODUCT, "content-type": media_type(call.request)})
    paths = call.params.get("filter_path")
    if paths and status < 400:
        answer = filtered(orjson.loads(dumps(answer)), paths.split(","))
    pretty = orjson.OPT_INDENT_2 if call.flag("pretty") and "pretty" in call.params else 0
    body = b"" if call.method == "HEAD" else dumps(answer, pretty)
    return Response(body, status, {**PRODUCT, "content-type": media_type(call.request)})


def dumps(value: Any, option: int = 0) -> bytes:
    return orjson.dumps(
        value, option=option | orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_SUBCLASS, default=_plain
    )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return dict(value)
    raise TypeError(f"no JSON for {type(value).__name__}")


def media_type(request: Request) -> str:
    """The client's versioned type when it asked for one (compatible-with 7, 8 and 9 are all fine)."""
    accept = request.headers.get("accept", "")
    if "application/vnd.elasticsearch+json" in accept:
        version = accept.partition("compatible-with=")[2][:1] or "9"
        return f"application/vnd.elasticsearch+json;compatible-with={version}"
    return "application/json"


def filtered(value: Any, patterns: list[str]) -> Any:
    """`filter_path`: keep the listed dotted paths (`*`, `**`), drop those with a minus."""
    keep = [pattern.split(".") for pattern in patterns if not pattern.startswith("-")]
    drop = [pattern[1:].split(".") for pattern in patterns if pattern.startswith("-")]
    if keep:
        value = _kept(value, keep)
        value = {} if value is None else value
    return _dropped(value, drop) if drop else value


def _steps(patterns: list[list[str]], key: str) -> tuple[list[list[str]], bool]:
    """What is left of the patterns below `key`, and whether one of them ends here."""
    left, ends = [], False
    for pattern in patterns:
        if pattern[0] == "**":
            left.append(pattern)
            pattern = pattern[1:] or ["*"]  # noqa: PLW2901
        if fnmatch.fnmatchcase(key, pattern[0]):
            if len(pattern) == 1:
                ends = True
            else:
                left.append(pattern[1:])
    return left, ends


def _kept(value: Any, patterns: list[list[str]]) -> Any:
    if isinstance(value, list):
        kept = [inner for item in value if (inner := _kept(item, patterns)) is not None]
        return kept or None
    if not isinstance(value, dict):
        return None
    out = {}
    for key, item in value.items():
        left, ends = _steps(patterns, key)
        inner = item if ends else (_kept(item, left) if left else None)
        if inner is not None or ends:
            out[key] = inner
    return out or None


def _dropped(value: Any, patterns: list[list[str]]) -> Any:
    if isinstance(value, list):
        return [_dropped(item, patterns) for item in value]
    if not isinstance(value, dict):
        return value
    out = {}
    for key, item in value.items():
        left, ends = _steps(patterns, key)
        if not ends:
            out[key] = _dropped(item, left) if left else item
    return out
