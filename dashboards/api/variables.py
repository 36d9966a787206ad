"""`POST /api/dashboards/variables`: the options of a dashboard's variables, each asked with the values of those before it."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dashboards.api.encoding import legend_name
from dashboards.model.dashboard import Dashboard
from dashboards.model.interpolation import Value, interpolate, macros
from dashboards.model.steps import choose_step
from dashboards.model.store import DashboardStore
from dashboards.model.timerange import TimeRange, parse_range
from dashboards.model.variables import MAX_OPTIONS, Variable, apply_regex, choose, parse_query, sort_options, to_value
from dashboards.sources.base import SourceError
from dashboards.sources.prometheus import Frame, PrometheusSource
from dashboards.sources.set import SourceSet
from pharos.clock import Clock

QUERY_TIMEOUT_S: Final = 30.0
Options = list[tuple[str, str]]


class VariablesApi:
    """Resolves variables against the sources."""

    def __init__(self, store: DashboardStore, sources: SourceSet, clock: Clock) -> None:
        self._store, self._sources, self._clock = store, sources, clock

    async def handle(self, request: Request) -> Response:
        """The endpoint: `{uid, from, to, values: {name: [..]}}`."""
        try:
            body = orjson.loads(await request.body())
            dashboard = self._store.get(str(body["uid"]))
            asked = {name: [str(v) for v in values] for name, values in body.get("values", {}).items()}
            start, end = str(body.get("from", "now-1h")), str(body.get("to", "now"))
            if dashboard is None:
                return JSONResponse({"error": f"no dashboard {body['uid']!r}"}, 404)
            return JSONResponse(await self.resolve(dashboard, asked, start, end))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return JSONResponse({"error": f"unreadable request: {error}"}, 400)

    async def resolve(
        self,
        dashboard: Dashboard,
        asked: Mapping[str, Sequence[str]],
        start: str,
        end: str,
        patience_s: float = QUERY_TIMEOUT_S,
    ) -> list[dict[str, Any]]:
        """Every variable with its options and current value; one that cannot be asked carries an `error`.

        `patience_s` is for all of them together. Raises `ValueError` for a bad range.
        """
        deadline = self._clock.monotonic() + patience_s
        span = parse_range(start, end, int(self._clock.now() * 1000))
        values: dict[str, Value] = dict(macros(span, choose_step(span.length_ms, 1000, 15_000, 15_000)))
        resolved = []
        for variable in dashboard.variables:
            options, error = await self._options(variable, values, span, deadline - self._clock.monotonic())
            current = choose(variable, options, asked.get(variable.name, ()))
            value = to_value(variable, options, current)
            values[variable.name] = value
            resolved.append(describe(variable, options, current, value, error))
        return resolved

    async def _options(
        self, variable: Variable, values: Mapping[str, Value], span: TimeRange, patience_s: float
    ) -> tuple[Options, str]:
        if variable.kind in ("custom", "interval"):
            return list(variable.options), ""
        if variable.kind == "datasource":
            found = [(source.config.name, source.config.uid) for source in self._sources.of_type(variable.query)]
            return found, "" if found else f"no data source of type {variable.query}"
        if variable.kind != "query":
            return [], ""
        try:
            async with asyncio.timeout(max(patience_s, 0)):
                texts = await self._ask(variable, values, span)
            options = apply_regex(texts, interpolate(variable.regex, values, "raw"))
            return sort_options(options, variable.sort)[:MAX_OPTIONS], ""
        except TimeoutError:
            return [], "the data source did not answer in time"
        except (SourceError, ValueError) as error:
            return [], str(error)

    async def _ask(self, variable: Variable, values: Mapping[str, Value], span: TimeRange) -> list[str]:
        source = self._sources.find(interpolate(variable.datasource, values, "raw"))
        if not isinstance(source, PrometheusSource):
            raise ValueError(f"{source.config.name} offers no values for variables")
        query = parse_query(interpolate(variable.query, values, "prometheus"))
        if query.function == "label_values":
            return await source.label_values(query.label, query.argument, span)
        if query.function == "label_names":
            return [str(name) for name in await source.api("/api/v1/labels")]
        if query.function == "metrics":
            every = await source.label_values("__name__", "", span)
            return [value for value, _ in apply_regex(every, query.argument or ".*")]
        return _as_text(await source.query_instant(query.argument, span.end_ms))


def _as_text(frame: Frame) -> list[str]:
    return [f"{legend_name(series, '')} {series.values[0]:g}" for series in frame.series]


def describe(
    variable: Variable, options: Options, current: Sequence[str], value: Value, error: str = ""
) -> dict[str, Any]:
    """One variable as the browser reads it; `values`, `multi` and `all` go back unchanged with every query."""
    return {
        "name": variable.name,
        "label": variable.title,
        "kind": variable.kind,
        "hide": variable.hide,
        "isMulti": variable.multi,
        "includeAll": variable.include_all,
        "options": options,
        "current": list(current),
        "values": list(value.values),
        "multi": value.multi,
        "all": value.custom_all,
        "error": error,
    }
