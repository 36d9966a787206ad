"""`/series`, `/labels`, `/label/<name>/values`."""

from collections.abc import Callable, Iterable
from urllib.parse import unquote_to_bytes

from starlette.requests import Request
from starlette.responses import Response

from collector.api.context import ApiContext
from collector.api.envelope import dump, success
from collector.api.errors import ApiError
from collector.api.parameters import MAX_MS, MIN_MS, Parameters, named_selectors
from pharos.gotemplate.gofmt import quote
from pharos.labels import is_valid_utf8_name
from pharos.matchers import Matcher

_TRUNCATED = "results truncated due to limit"


async def series(context: ApiContext, request: Request, parameters: Parameters) -> Response:
    """`/api/v1/series`"""
    if request.method == "DELETE":  # Prometheus has the route and no more
        raise ApiError("internal", "not implemented")
    if not parameters.texts("match[]"):
        raise ApiError("bad_data", "no match[] parameter provided")
    limit = parameters.limit()
    start, end = _span(parameters)
    selectors = parameters.matchers()

    def work() -> tuple[bytes, bool]:
        most = limit + 1 if limit else 0
        rows = [row for matchers in selectors for row in context.storage.series(matchers, start, end, limit=most)]
        if len(selectors) > 1:
            rows = list({tuple(row.items()): row for row in rows}.values())
        cut = bool(limit) and len(rows) > limit
        return dump(rows[:limit] if cut else rows), cut

    few = len(selectors) == 1 and context.storage.few_series(selectors[0], start, end)
    raw, cut = work() if few else await context.runner.call(work)
    return success(request, None, [_TRUNCATED] if cut else [], raw=raw)


async def labels(context: ApiContext, request: Request, parameters: Parameters) -> Response:
    """`/api/v1/labels`"""
    start, end = _span(parameters)
    limit, selectors = parameters.limit(), named_selectors(parameters)
    few = _few_labels(context, "", selectors, start, end)
    return await _names(
        context,
        request,
        limit,
        selectors,
        lambda matchers: context.storage.label_names(matchers, start, end),
        here=few,
    )


async def label_values(context: ApiContext, request: Request, parameters: Parameters) -> Response:
    """`/api/v1/label/<name>/values`"""
    raw = unquote_to_bytes(request.scope["raw_path"].rsplit(b"/", 2)[1]).decode(errors="surrogateescape")
    name = unescaped(raw)
    if not is_valid_utf8_name(name):
        raise ApiError("bad_data", f"invalid label name: {quote(name)}")
    start, end = _span(parameters)
    limit, selectors = parameters.limit(), named_selectors(parameters)
    few = _few_labels(context, name, selectors, start, end)
    return await _names(
        context,
        request,
        limit,
        selectors,
        lambda matchers: context.storage.label_values(name, matchers, start, end),
        here=few,
    )


def _few_labels(context: ApiContext, name: str, selectors: list[list[Matcher]], start: int, end: int) -> bool:
    """Whether there is less to do than to wake up a worker."""
    return len(selectors) <= 1 and context.storage.few_labels(name, selectors[0] if selectors else [], start, end)


async def _names(
    context: ApiContext,
    request: Request,
    limit: int,
    selectors: list[list[Matcher]],
    find: Callable[[list[Matcher]], Iterable[str]],
    *,
    here: bool,
) -> Response:
    def work() -> list[str]:
        if len(selectors) <= 1:
            return list(find(selectors[0] if selectors else []))
        return sorted({text for matchers in selectors for text in find(matchers)})

    found = work() if here else await context.runner.call(work)
    cut = bool(limit) and len(found) > limit
    return success(request, found[:limit] if cut else found, [_TRUNCATED] if cut else [])


def _span(parameters: Parameters) -> tuple[int, int]:
    return parameters.time("start", MIN_MS), parameters.time("end", MAX_MS)


def unescaped(name: str) -> str:
    """A label name out of its `U__` form: `U__a_2e_b__c` is `a.b_c`. Other names, and broken forms, stay as they are."""
    if not name.startswith("U__"):
        return name
    out, rest = [], name[3:]
    at = 0
    while at < len(rest):
        if rest[at] != "_":
            out.append(rest[at])
            at += 1
            continue
        end = rest.find("_", at + 1)
        if end < 0:
            return name
        code = rest[at + 1 : end]
        try:
            out.append(chr(int(code, 16)) if code else "_")
        except ValueError:
            return name
        at = end + 1
    return "".join(out)
