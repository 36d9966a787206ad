"""`/query`, `/query_range`, `/format_query`, `/parse_query`, `/query_exemplars`."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from collector.api import columns, result_json
from collector.api.context import ApiContext, QueryEngine, QueryOptions
from collector.api.envelope import JSON, Pieces, streamed, success
from collector.api.errors import ApiError, bad_parameter
from collector.api.execution import ActiveQuery
from collector.api.numbers import number, value_text
from collector.api.parameters import MAX_MS, MIN_MS, Parameters, parse_duration_s
from collector.promql.errors import InvalidQueryError, ParseError
from collector.promql.parser import pretty, to_json
from collector.promql.parser.ast import VectorSelector, walk
from collector.promql.result import QueryResult, QueryStats

MAX_POINTS: Final = 11_000


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked, and what the answer may cost. `step_ms` 0: an instant query."""

    text: str
    start_ms: int
    end_ms: int
    step_ms: int
    timeout_s: float
    lookback_ms: int

    def is_light(self, engine: QueryEngine) -> bool:
        return engine.is_light(self.text, self.start_ms, self.end_ms, self.step_ms, self.lookback_ms)

    def ask(self, engine: QueryEngine, query: ActiveQuery, *, light: bool) -> QueryResult:
        """Raises `QueryError`."""
        timeout_s = max(0.001, self.timeout_s - query.queue_s)
        options = QueryOptions(timeout_s, self.lookback_ms, query.token, light)
        if self.step_ms:
            return engine.range(self.text, self.start_ms, self.end_ms, self.step_ms, options)
        return engine.instant(self.text, self.start_ms, options)


async def instant(context: ApiContext, request: Request, parameters: Parameters) -> Response:
    """`/api/v1/query`"""
    limit = parameters.limit()
    at_ms = parameters.engine_time("time", context.now_ms())
    return await _answer(context, request, parameters, _question(context, parameters, at_ms, at_ms, 0), limit)


async def range_(context: ApiContext, request: Request, parameters: Parameters) -> Response:
    """`/api/v1/query_range`"""
    limit = parameters.limit()
    start, end = parameters.needed_time("start"), parameters.needed_time("end")
    if end < start:
        raise bad_parameter("end", "end timestamp must not be before start time")
    step = _step_ms(parameters)
    if (end - start) / step > MAX_POINTS:
        raise ApiError(
            "bad_data",
            "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)",
        )
    return await _answer(context, request, parameters, _question(context, parameters, start, end, step), limit)


def _step_ms(parameters: Parameters) -> int:
    try:
        step = parse_duration_s(parameters.text("step"))
    except ValueError as error:
        raise bad_parameter("step", error) from error
    if step <= 0:
        raise bad_parameter(
            "step", "zero or negative query resolution step widths are not accepted. Try a positive integer"
        )
    return max(1, round(step * 1000))


def _question(context: ApiContext, parameters: Parameters, start_ms: int, end_ms: int, step_ms: int) -> _Question:
    """The question of a request, within the server's limits."""
    timeout_s = context.settings.query_timeout_s
    if parameters.text("timeout"):
        timeout_s = min(timeout_s, parameters.duration("timeout"))
        if timeout_s <= 0:
            raise bad_parameter("query", "context deadline exceeded")
    try:
        lookback_s = parse_duration_s(parameters.text("lookback_delta") or "0")
    except ValueError as error:
        raise ApiError("bad_data", f"error parsing lookback delta duration: {error}") from error
    return _Question(parameters.text("query"), start_ms, end_ms, step_ms, timeout_s, round(lookback_s * 1000))


async def _answer(
    context: ApiContext, request: Request, parameters: Parameters, question: _Question, limit: int
) -> Response:
    """Evaluate, in a worker unless it is next to nothing, and send what that makes, in the form the client asked for."""
    accept = request.headers.get("accept", "")
    in_columns = columns.wants_columns(accept)
    steps_told = parameters.text("stats") == "all" and "promql-per-step-stats" in context.settings.features
    light = not context.query_log.active and question.is_light(context.engine)

    def work(query: ActiveQuery) -> Pieces:
        result = question.ask(context.engine, query, light=light)
        taken_s = time.time() - query.started_at
        _log(context, request, parameters, result, query, taken_s)
        asked = parameters.text("stats")
        stats = stats_json(result, query.queue_s, taken_s, per_step=steps_told) if asked else None
        cut = limit if limit < len(result) else 0
        warnings = ["results truncated due to limit"] if cut else []
        pieces: Iterator[bytes]
        if in_columns:
            pieces = columns.answer(
                result, float32=columns.wants_float32(accept), warnings=warnings, limit=cut, stats=stats
            )
        else:
            pieces = result_json.answer(result, stats, warnings, cut)
        return Pieces.begin(pieces)

    runner = context.runner
    try:
        if light:
            pieces = runner.run_here(request, question.text, work)
        else:
            pieces = await runner.run(request, question.text, work)
    except (ParseError, InvalidQueryError) as error:
        raise bad_parameter("query", error) from error
    return streamed(request, pieces, runner.stream, columns.MEDIA_TYPE if in_columns else JSON)


def _log(
    context: ApiContext,
    request: Request,
    parameters: Parameters,
    result: QueryResult,
    query: ActiveQuery,
    taken_s: float,
) -> None:
    if not context.query_log.active:
        return
    asked = {name: parameters.text(name) for name in ("query", "time", "start", "end", "step") if parameters.text(name)}
    stats = stats_json(result, query.queue_s, taken_s, per_step=False)
    client = {"clientIP": query.client, "method": request.method, "path": request.url.path}
    context.query_log.write(context.clock.now(), asked, stats, client)


def stats_json(result: QueryResult, queue_s: float, taken_s: float, *, per_step: bool) -> dict[str, Any]:
    """Timings and sample counts of a query."""
    stats: QueryStats = result.stats
    samples: dict[str, Any] = {"totalQueryableSamples": stats.total_samples, "peakSamples": stats.peak_samples}
    if per_step and stats.total_samples:
        times = [int(ms) / 1000 for ms in result.times_ms] or [0.0]
        samples["totalQueryableSamplesPerStep"] = [
            [number(when), count] for when, count in zip(times, stats.samples_per_step.tolist(), strict=False)
        ]
    timings = {
        "evalTotalTime": stats.eval_s + stats.sort_s + stats.prepare_s,
        "resultSortTime": stats.sort_s,
        "queryPreparationTime": stats.prepare_s,
        "innerEvalTime": stats.eval_s,
        "execQueueTime": queue_s,
        "execTotalTime": queue_s + taken_s,
    }
    return {"timings": timings, "samples": samples}


async def format_query(context: ApiContext, request: Request, parameters: Parameters) -> Response:
    """`/api/v1/format_query`"""
    try:
        return success(request, pretty(context.engine.parse(parameters.text("query"))))
    except ParseError as error:
        raise bad_parameter("query", error) from error


async def parse_query(context: ApiContext, request: Request, parameters: Parameters) -> Response:
    """`/api/v1/parse_query`"""
    try:
        tree = to_json(context.engine.parse(parameters.text("query")))
    except ParseError as error:
        raise bad_parameter("query", error) from error
    text = json.dumps(
        tree, ensure_ascii=False, separators=(",", ":")
    )  # orjson goes 254 levels deep, expressions go deeper
    return success(request, None, raw=text.encode("utf-8", "replace"))


async def exemplars(context: ApiContext, request: Request, parameters: Parameters) -> Response:
    """`/api/v1/query_exemplars`"""
    start, end = parameters.time("start", MIN_MS), parameters.time("end", MAX_MS)
    if end < start:
        raise ApiError("bad_data", "end timestamp must not be before start timestamp")
    try:
        expr = context.engine.parse(parameters.text("query"))
    except ParseError as error:
        raise ApiError("bad_data", str(error)) from error
    selectors = [node.matchers for node in walk(expr) if isinstance(node, VectorSelector)]
    if not selectors:
        return Response(status_code=204)
    found = await context.runner.call(lambda: context.storage.exemplars(selectors, start, end))
    shown = [
        {
            "seriesLabels": series,
            "exemplars": [
                {
                    "labels": dict(one.labels),
                    "value": value_text(one.value),
                    "timestamp": number(one.timestamp_ms / 1000),
                }
                for one in found_there
            ],
        }
        for series, found_there in found
    ]
    return success(request, shown)
