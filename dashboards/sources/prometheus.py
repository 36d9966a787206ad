"""The Prometheus HTTP API: queries as columns on a fixed grid of instants, label values, targets, rules."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from dashboards.model.timerange import TimeRange
from dashboards.sources.base import Source, SourceError
from dashboards.sources.columns import ACCEPT, MEDIA_TYPE, decode_columns

NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Series:
    """One series on the grid of its frame; NaN where there is no sample."""

    labels: dict[str, str]
    values: list[float]


@dataclass(frozen=True, slots=True)
class Frame:
    """Series that share their instants: `start_ms + i * step_ms`. Sorted by labels, so that two answers can be compared."""

    start_ms: int
    step_ms: int
    length: int
    series: tuple[Series, ...]
    warnings: tuple[str, ...] = ()


class PrometheusSource(Source):
    """A server that speaks Prometheus's API: our collector, Prometheus, VictoriaMetrics, Mimir, Thanos."""

    async def query_range(self, expression: str, span: TimeRange, step_ms: int) -> Frame:
        """Evaluate over an aligned span. Raises `SourceError`."""
        form = {
            "query": expression,
            "start": _seconds(span.start_ms),
            "end": _seconds(span.end_ms),
            "step": _seconds(step_ms),
        }
        answer = await self._query("/api/v1/query_range", form)
        if _is_columns(answer):
            return self._columns(answer, span, step_ms)
        data, warnings = self._data(self.decode(answer), answer)
        return range_frame(data, span, step_ms, warnings)

    async def query_instant(self, expression: str, at_ms: int) -> Frame:
        """Evaluate at one instant. Raises `SourceError`."""
        answer = await self._query("/api/v1/query", {"query": expression, "time": _seconds(at_ms)})
        if _is_columns(answer):
            return self._columns(answer, TimeRange(at_ms, at_ms), 1)
        data, warnings = self._data(self.decode(answer), answer)
        return instant_frame(data, at_ms, warnings)

    async def label_values(self, label: str, selector: str, span: TimeRange) -> list[str]:
        """Values of a label, of all series or of those a selector finds."""
        parameters = {"start": _seconds(span.start_ms), "end": _seconds(span.end_ms)}
        if selector:
            parameters["match[]"] = selector
        data = await self.api(f"/api/v1/label/{label}/values", params=parameters)
        return [str(value) for value in data]

    async def api(self, path: str, method: str = "GET", **options: Any) -> Any:
        """The `data` of an API answer. Raises `SourceError` with the server's own message."""
        answer = await self.send(method, path, **options)
        body = self.decode(answer)
        return self._data(body, answer)[0]

    async def _query(self, path: str, form: Mapping[str, str]) -> httpx.Response:
        return await self.send("POST", path, data=dict(form), headers={"Accept": ACCEPT})

    def _columns(self, answer: httpx.Response, span: TimeRange, step_ms: int) -> Frame:
        try:
            header, rows = decode_columns(answer.content)
        except ValueError as error:
            raise SourceError("unreadable", f"{self.config.name} answered with {error}") from error
        return columns_frame(header, rows, span, step_ms)

    def _data(self, body: Any, answer: httpx.Response) -> tuple[Any, tuple[str, ...]]:
        if not isinstance(body, Mapping) or "status" not in body:
            raise SourceError("unreadable", f"{self.config.name} does not speak Prometheus's API at {self.config.url}")
        if body["status"] != "success":
            raise SourceError("refused", str(body.get("error", "unknown error")), answer.status_code)
        return body.get("data"), tuple(body.get("warnings", ()))


def range_frame(data: Mapping[str, Any], span: TimeRange, step_ms: int, warnings: Sequence[str] = ()) -> Frame:
    """A `matrix` answer on the grid of its query."""
    length = span.length_ms // step_ms + 1
    rows = []
    for item in data.get("result", ()):
        values = [NAN] * length
        for when, text in item.get("values", ()):
            position = round((when * 1000 - span.start_ms) / step_ms)
            if 0 <= position < length:
                values[position] = float(text)
        rows.append(Series(item.get("metric", {}), values))
    return Frame(span.start_ms, step_ms, length, _sorted(rows), tuple(warnings))


def columns_frame(header: Mapping[str, Any], rows: Sequence[list[float]], span: TimeRange, step_ms: int) -> Frame:
    """A columnar answer on the grid of its query; a range selector's raw samples of an instant query become the last one each."""
    warnings = tuple(header.get("warnings", ()))
    series = [Series(labels, values) for labels, values in zip(header["series"], rows, strict=True)]
    if span.length_ms == 0:
        last = tuple(Series(item.labels, [_last(item.values)]) for item in series if item.values)
        return Frame(span.start_ms, 1, 1, last, warnings)
    length = span.length_ms // step_ms + 1
    offset = (int(header.get("start", span.start_ms)) - span.start_ms) // step_ms
    placed = [Series(item.labels, _placed(item.values, offset, length)) for item in series]
    return Frame(span.start_ms, step_ms, length, _sorted(placed), warnings)


def _last(values: Sequence[float]) -> float:
    return next((value for value in reversed(values) if not math.isnan(value)), NAN)


def _placed(values: list[float], offset: int, length: int) -> list[float]:
    if offset == 0 and len(values) == length:
        return values
    shifted = [NAN] * max(offset, 0) + values[max(-offset, 0) :]
    return (shifted + [NAN] * length)[:length]


def _is_columns(answer: httpx.Response) -> bool:
    return bool(answer.headers.get("content-type", "").startswith(MEDIA_TYPE))


def instant_frame(data: Mapping[str, Any], at_ms: int, warnings: Sequence[str] = ()) -> Frame:
    """A `vector`, `scalar` or `string` answer as series of one point, in the order of the answer (`sort()` and `topk()` matter)."""
    result = data.get("result", [])
    if data.get("resultType") in ("scalar", "string"):
        number = float(result[1]) if data["resultType"] == "scalar" else NAN
        return Frame(at_ms, 1, 1, (Series({}, [number]),), tuple(warnings))
    if data.get("resultType") == "matrix":
        rows = tuple(Series(item["metric"], [float(item["values"][-1][1])]) for item in result if item.get("values"))
        return Frame(at_ms, 1, 1, rows, tuple(warnings))
    rows = tuple(Series(item["metric"], [float(item["value"][1])]) for item in result if "value" in item)
    return Frame(at_ms, 1, 1, rows, tuple(warnings))


def _sorted(rows: list[Series]) -> tuple[Series, ...]:
    return tuple(sorted(rows, key=lambda series: sorted(series.labels.items())))


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds / 1000:.3f}"
