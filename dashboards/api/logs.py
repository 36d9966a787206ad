"""`POST /api/logs/search`: one page of log lines with histogram and top values."""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dashboards.model.timerange import parse_range
from dashboards.sources.base import SourceError
from dashboards.sources.elasticsearch import Filter, LogLine, LogPage, LogSearch
from dashboards.sources.set import SourceSet
from pharos.clock import Clock


class LogsApi:
    """The log page's endpoint."""

    def __init__(self, sources: SourceSet, clock: Clock) -> None:
        self._sources, self._clock = sources, clock

    async def search(self, request: Request) -> Response:
        """The endpoint. A query that cannot be parsed is 400 with the store's own words."""
        try:
            search = read_search(orjson.loads(await request.body()), int(self._clock.now() * 1000))
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            return JSONResponse({"error": f"unreadable request: {error}", "kind": "refused"}, 400)
        try:
            page = await self._sources.logs.find(search)
        except SourceError as error:
            return JSONResponse({"error": error.message, "kind": error.kind}, error.status)
        return Response(orjson.dumps(encode_page(page, search)), media_type="application/json")


def read_search(body: dict[str, Any], now_ms: int) -> LogSearch:
    """From the JSON of the request. Raises `ValueError`, `KeyError`, `TypeError`."""
    filters = tuple(
        Filter(str(item["field"]), None if item.get("value") is None else str(item["value"]), bool(item.get("negate")))
        for item in body.get("filters") or ()
        if not item.get("disabled")
    )
    return LogSearch(
        span=parse_range(str(body.get("from", "now-1h")), str(body.get("to", "now")), now_ms),
        query=str(body.get("query") or ""),
        filters=filters,
        size=min(max(int(body.get("size", 200)), 0), 1000),
        after=tuple(body.get("after") or ()),
        ascending=bool(body.get("ascending")),
        summary=bool(body.get("summary", True)),
    )


def encode_page(page: LogPage, search: LogSearch) -> dict[str, Any]:
    """The page as the browser reads it."""
    return {
        "total": page.total,
        "from": search.span.start_ms,
        "to": search.span.end_ms,
        "lines": [encode_line(line) for line in page.lines],
        "interval": page.interval_ms,
        "buckets": page.buckets,
        "levels": page.levels,
        "facets": page.facets,
    }


def encode_line(line: LogLine) -> dict[str, Any]:
    """One line as the browser reads it."""
    return {
        "id": line.id,
        "t": line.time_ms,
        "level": line.level,
        "message": line.message,
        "fields": line.fields,
        "sort": line.sort,
    }
