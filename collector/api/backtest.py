"""`/rules/backtest`: when would these rules have fired? Ours; Prometheus has nothing like it."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from collector.api.context import ApiContext, QueryOptions
from collector.api.envelope import success
from collector.api.errors import ApiError, bad_parameter
from collector.api.execution import ActiveQuery
from collector.api.parameters import Parameters, parse_duration_s
from collector.config import parse_rules
from collector.promql.result import QueryResult
from collector.rules.backtest import Period, RuleHistory, Span, backtest
from collector.rules.loader import GroupLoader
from collector.rules.samples import Sample, vector
from collector.rules.templates import Surroundings
from collector.storage.interface import Queryable
from pharos.config import ConfigError


async def run(context: ApiContext, request: Request, parameters: Parameters) -> Response:
    """`POST /api/v1/rules/backtest` with `rules` (a rule file's text), `start`, `end`, `step`."""
    text = parameters.text("rules")
    if not text:
        raise ApiError("bad_data", "no rules parameter provided")
    span = _span(context, parameters)
    surroundings = Surroundings(context.settings.external_url, context.state.config.global_.external_labels)
    try:
        loader = GroupLoader(context.engine.parse, surroundings=surroundings)
        groups = loader.groups(parse_rules(text, "rules"), "rules")
    except ConfigError as error:
        raise bad_parameter("rules", error) from error

    def work(query: ActiveQuery) -> list[RuleHistory]:
        options = QueryOptions(context.settings.query_timeout_s, cancel=query.token)

        def ranged(text: str, start: int, end: int, step: int, storage: Queryable) -> QueryResult:
            return context.engine.range(text, start, end, step, options, storage)

        def instant(text: str, at_ms: int) -> list[Sample]:
            return vector(context.engine.instant(text, at_ms, options))

        return backtest(groups, span, context.storage, ranged, instant)

    histories = await context.runner.run(request, "backtest", work)
    return success(
        request, {"start": span.start_ms / 1000, "end": span.end_ms / 1000, "rules": [shown(h) for h in histories]}
    )


def _span(context: ApiContext, parameters: Parameters) -> Span:
    end = parameters.time("end", context.now_ms())
    start = parameters.time("start", end - 86_400_000)
    try:
        return Span(start, end, round(parse_duration_s(parameters.text("step") or "60") * 1000))
    except ValueError as error:
        raise ApiError("bad_data", str(error)) from error


def shown(history: RuleHistory) -> dict[str, Any]:
    """One rule's history as JSON."""
    head: dict[str, Any] = {
        "group": history.group,
        "name": history.name,
        "type": history.kind,
        "query": history.query,
        **({"error": history.error} if history.error else {}),
    }
    if history.kind == "recording":
        return {**head, "series": history.series, "samples": history.samples}
    alerts = [
        {
            "labels": alert.labels,
            "annotations": alert.annotations,
            "value": alert.value,
            "pendingSeconds": alert.seconds("pending"),
            "firingSeconds": alert.seconds("firing"),
            "periods": [_period(period) for period in alert.periods],
        }
        for alert in history.alerts
    ]
    return {**head, "alerts": alerts}


def _period(period: Period) -> dict[str, Any]:
    return {"state": period.state, "start": period.start_ms / 1000, "end": period.end_ms / 1000, "open": period.open}
