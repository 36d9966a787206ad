"""`POST /api/ds/query`: all visible queries of a page in one request, each answered on a line of its own as soon as it is known.

The request names the range as the user sees it (`now-1h`), the variables, and per query what the browser already holds; the answer
is newline-delimited JSON, so the first panel is drawn before the slowest query ends.
"""

import asyncio
import contextlib
import logging
import zlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from dashboards.api.encoding import encode_frame, signature
from dashboards.api.logs import encode_line
from dashboards.model.interpolation import Value, interpolate, macros
from dashboards.model.steps import Step, align, choose_step, parse_interval
from dashboards.model.timerange import TimeRange, parse_range, parse_time
from dashboards.services import Services
from dashboards.sources import elasticsearch
from dashboards.sources.base import Source, SourceError
from dashboards.sources.elasticsearch import ElasticsearchSource
from dashboards.sources.prometheus import PrometheusSource

logger = logging.getLogger(__name__)

CONCURRENCY: Final = 6
MAX_QUERIES: Final = 500
FINEST_MS: Final = 5000  # a page may move every five seconds even where most targets are scraped less often


@dataclass(frozen=True, slots=True)
class BatchQuery:
    """One query of the batch, read from JSON. `held` is `(last instant, step, signature, expression)` of what the browser has."""

    key: str
    target: Mapping[str, Any]
    datasource: str
    expression: str
    instant: bool
    legend: str
    max_points: int
    min_interval: str
    factor: int
    limit: int
    time_from: str
    time_shift: str
    held: Mapping[str, Any]


def read_query(raw: Mapping[str, Any]) -> BatchQuery:
    """From the JSON of the request. Raises `ValueError`."""
    if "key" not in raw:
        raise ValueError("every query needs a key")
    source = raw.get("datasource")
    if isinstance(source, Mapping):
        source = source.get("uid") or source.get("type")
    return BatchQuery(
        key=str(raw["key"]),
        target=raw,
        datasource=str(source or ""),
        expression=str(raw.get("expr") or raw.get("query") or ""),
        instant=bool(raw.get("instant")) and not raw.get("range"),
        legend=str(raw.get("legendFormat") or ""),
        max_points=min(max(int(raw.get("maxDataPoints") or 300), 2), 11_000),
        min_interval=str(raw.get("interval") or ""),
        factor=int(raw.get("intervalFactor") or 1),
        limit=min(int(raw.get("limit") or 200), 5000),
        time_from=str(raw.get("timeFrom") or ""),
        time_shift=str(raw.get("timeShift") or ""),
        held=raw.get("held") or {},
    )


def read_values(raw: Mapping[str, Any]) -> dict[str, Value]:
    """Variables of the request: `{name: {values: [...], multi, all}}`."""
    return {
        name: Value(
            tuple(str(v) for v in item.get("values") or ("",)), bool(item.get("multi")), item.get("all") or None
        )
        for name, item in raw.items()
    }


class QueryApi:
    """Runs batches against the sources."""

    def __init__(self, services: Services) -> None:
        self._sources, self._clock, self._metrics = services.sources, services.clock, services.metrics

    async def handle(self, request: Request) -> Response:
        """The endpoint."""
        try:
            body = orjson.loads(await request.body())
            now_ms = int(self._clock.now() * 1000)
            span = parse_range(str(body.get("from", "now-1h")), str(body.get("to", "now")), now_ms)
            queries = [read_query(item) for item in body.get("queries", ())]
            values = read_values(body.get("variables", {}))
        except (ValueError, TypeError, AttributeError) as error:
            return JSONResponse({"error": f"unreadable request: {error}"}, 400)
        if len(queries) > MAX_QUERIES:
            return JSONResponse(
                {"error": f"{len(queries)} queries in one request, at most {MAX_QUERIES} are taken"}, 413
            )
        lines = self._lines(queries, span, values, now_ms)
        if "gzip" in request.headers.get("accept-encoding", ""):
            return StreamingResponse(
                _compressed(lines),
                media_type="application/x-ndjson",
                headers={"Content-Encoding": "gzip", "Vary": "Accept-Encoding"},
            )
        return StreamingResponse(lines, media_type="application/x-ndjson")

    async def _lines(
        self, queries: list[BatchQuery], span: TimeRange, values: dict[str, Value], now_ms: int
    ) -> AsyncIterator[bytes]:
        yield orjson.dumps({"from": span.start_ms, "to": span.end_ms, "now": now_ms}) + b"\n"
        gate = asyncio.Semaphore(CONCURRENCY)

        async def guarded(query: BatchQuery) -> dict[str, Any]:
            async with gate:
                return await self.answer(query, span, values, now_ms)

        tasks = [asyncio.create_task(guarded(query)) for query in queries]
        try:
            for finished in asyncio.as_completed(tasks):
                yield orjson.dumps(await finished) + b"\n"
        finally:  # the browser has left: nobody waits for the rest
            for task in tasks:
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(*tasks, return_exceptions=True)

    async def answer(
        self, query: BatchQuery, span: TimeRange, values: Mapping[str, Value], now_ms: int
    ) -> dict[str, Any]:
        """One line of the answer: a frame, lines of logs, or an error with the query as it was sent."""
        sent = query.expression
        try:
            span = own_span(query, span, now_ms)
            source = self._sources.find(
                interpolate(query.datasource, values, "raw"), str(query.target.get("sourceType") or "")
            )
            step = query_step(query, span, source.config.scrape_interval_ms, values)
            known = {**values, **macros(span, step)}
            sent = interpolate(query.expression, known)
            return await self._timed(source, query, span, step, known)
        except SourceError as error:
            return {"key": query.key, "error": {"kind": error.kind, "message": error.message, "expr": sent}}
        except (ValueError, KeyError) as error:
            return {"key": query.key, "error": {"kind": "refused", "message": str(error).strip("'"), "expr": sent}}

    async def _timed(
        self, source: Source, query: BatchQuery, span: TimeRange, step: Step, values: Mapping[str, Value]
    ) -> dict[str, Any]:
        uid = source.config.uid
        try:
            with self._metrics.query_seconds.labels(uid).time():
                if isinstance(source, PrometheusSource):
                    answer = await self._series(source, query, span, step, values)
                elif isinstance(source, ElasticsearchSource):
                    answer = await self._logs(source, query, span, step, values)
                else:
                    raise ValueError(f"{source.config.name} cannot be queried by a panel")
        except (SourceError, ValueError):
            self._metrics.queries.labels(uid, "error").inc()
            raise
        self._metrics.queries.labels(uid, "success").inc()
        return answer

    async def _series(
        self, source: PrometheusSource, query: BatchQuery, span: TimeRange, step: Step, values: Mapping[str, Value]
    ) -> dict[str, Any]:
        expression = interpolate(query.expression, values, "prometheus")
        if not expression.strip():
            raise ValueError("the query is empty")
        if query.instant:
            frame = await source.query_instant(expression, span.end_ms)
            held = query.held.get("sig")
            return {
                "key": query.key,
                "expr": expression,
                "instant": True,
                **encode_frame(frame, query.legend, held, query.limit),
            }
        grid = align(span, step.step_ms)
        part = missing_part(query, grid, step.step_ms, expression)
        frame = await source.query_range(expression, part, step.step_ms)
        held = str(query.held.get("sig") or "")
        cut = replace(frame, series=frame.series[: query.limit])
        if part != grid and signature(cut, query.legend) != held:  # a series came or went: the browser needs everything
            part = grid
            frame = await source.query_range(expression, grid, step.step_ms)
        answer = encode_frame(frame, query.legend, held, query.limit)
        return {"key": query.key, "expr": expression, "from": grid.start_ms, "partial": part != grid, **answer}

    async def _logs(
        self, source: ElasticsearchSource, query: BatchQuery, span: TimeRange, step: Step, values: Mapping[str, Value]
    ) -> dict[str, Any]:
        text = interpolate(query.expression, values, "lucene")
        grid = replace(align(span, step.step_ms), end_ms=span.end_ms)  # the newest lines count too
        answer = await source.search(elasticsearch.panel_body(query.target, text, grid, step.step_ms))
        if elasticsearch.wants_lines(query.target):
            page = elasticsearch.read_page(answer, step.step_ms)
            return {
                "key": query.key,
                "expr": text,
                "lines": [encode_line(line) for line in page.lines],
                "total": page.total,
            }
        frame = elasticsearch.panel_frame(query.target, answer, grid, step.step_ms)
        legend = (
            query.legend
            or " ".join(f"{{{{{name}}}}}" for name in (frame.series[0].labels if frame.series else ()))
            or "count"
        )
        encoded = encode_frame(frame, legend, str(query.held.get("sig") or ""), query.limit)
        return {
            "key": query.key,
            "expr": text,
            "from": grid.start_ms,
            "partial": False,
            "instant": frame.length == 1,
            **encoded,
        }


def own_span(query: BatchQuery, span: TimeRange, now_ms: int) -> TimeRange:
    """The range of a panel that overrides the dashboard's (`timeFrom`) or looks back (`timeShift`). Raises `ValueError`."""
    if query.time_from:
        text = query.time_from if query.time_from.startswith("now") else f"now-{query.time_from}"
        span = TimeRange(parse_time(text, now_ms), now_ms)
    if query.time_shift:
        shift = parse_interval(query.time_shift.removeprefix("now-").removeprefix("-"))
        span = TimeRange(span.start_ms - shift, span.end_ms - shift)
    return span


def query_step(query: BatchQuery, span: TimeRange, scrape_ms: int, values: Mapping[str, Value]) -> Step:
    """The step for this query; its own minimum may be a variable. Raises `ValueError`."""
    written = interpolate(query.min_interval, values, "raw")
    minimum = parse_interval("" if "$" in written else written)
    return choose_step(span.length_ms, query.max_points, minimum or min(scrape_ms, FINEST_MS), scrape_ms, query.factor)


def missing_part(query: BatchQuery, grid: TimeRange, step_ms: int, expression: str) -> TimeRange:
    """What the browser lacks: everything, or from its last instant on (that one again, for it may have been incomplete)."""
    held = query.held
    first, last = held.get("first"), held.get("last")
    same = held.get("step") == step_ms and held.get("expr") == expression
    if not same or not isinstance(first, int) or not isinstance(last, int):
        return grid
    if first > grid.start_ms or not grid.start_ms < last <= grid.end_ms:
        return grid
    start = last - step_ms
    return TimeRange(start, grid.end_ms) if start > grid.start_ms else grid


async def _compressed(lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    packer = zlib.compressobj(1, wbits=31)
    async for line in lines:
        yield packer.compress(line) + packer.flush(zlib.Z_SYNC_FLUSH)
    yield packer.flush()
