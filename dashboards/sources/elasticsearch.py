"""Elasticsearch's `_search` for the log page and for panels. Field names: docs/contracts/elasticsearch.md."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from dashboards.model.steps import round_interval
from dashboards.model.timerange import TimeRange
from dashboards.sources.base import Source
from dashboards.sources.prometheus import Frame, Series

LEVELS: Final = ("fatal", "error", "warn", "info", "debug", "trace", "unknown")
FACETS: Final = (
    "service", "level", "host", "stream", "kubernetes.namespace", "kubernetes.pod", "kubernetes.container", "log.file.path",
)  # fmt: skip
MAX_LINES: Final = 1000
HISTOGRAM_BARS: Final = 80
MARK: Final = ("\ue000", "\ue001")  # private-use characters: the browser marks them up, so no HTML travels


@dataclass(frozen=True, slots=True)
class Filter:
    """One pill: this field has, or has not, this value (`None`: has any)."""

    name: str
    value: str | None
    negate: bool = False


@dataclass(frozen=True, slots=True)
class LogSearch:
    """What the log page asks for."""

    span: TimeRange
    query: str = ""
    filters: tuple[Filter, ...] = ()
    size: int = 200
    after: tuple[Any, ...] = ()
    ascending: bool = False
    summary: bool = True


@dataclass(frozen=True, slots=True)
class LogLine:
    """One document: its fields flat, its sort values for the next page, the message with marks around what was searched for."""

    id: str
    time_ms: int
    level: str
    message: str
    fields: dict[str, Any]
    sort: list[Any]


@dataclass(frozen=True, slots=True)
class LogPage:
    """One page of lines, newest first unless asked otherwise, with the histogram by level and the top values of the usual fields."""

    total: int
    lines: tuple[LogLine, ...]
    interval_ms: int = 0
    buckets: tuple[int, ...] = ()
    levels: dict[str, list[int]] = field(default_factory=dict)
    facets: dict[str, list[tuple[str, int]]] = field(default_factory=dict)


class ElasticsearchSource(Source):
    """A server that speaks Elasticsearch's search API; indices `logs-*` are read."""

    index = "logs-*"

    async def search(self, body: Mapping[str, Any]) -> Any:
        """The raw answer. Raises `SourceError` with the reason of a query that cannot be parsed."""
        return await self.fetch_json(
            "POST",
            f"/{self.index}/_search",
            params={"ignore_unavailable": "true"},
            content=orjson.dumps(body),
            headers={"Content-Type": "application/json"},
        )

    async def find(self, search: LogSearch) -> LogPage:
        """One page. Raises `SourceError`."""
        interval = histogram_interval(search.span)
        return read_page(await self.search(search_body(search, interval)), interval)


def histogram_interval(span: TimeRange) -> int:
    """Milliseconds of one bar."""
    return max(round_interval(span.length_ms / HISTOGRAM_BARS), 1000)


def search_body(search: LogSearch, interval_ms: int) -> dict[str, Any]:
    """The request of a page: filters, query, order, and with `summary` the histogram and the top values."""
    order = "asc" if search.ascending else "desc"
    body: dict[str, Any] = {
        "size": min(search.size, MAX_LINES),
        "track_total_hits": True,
        "query": bool_query(search.span, search.query, search.filters),
        "sort": [{"@timestamp": order}, {"_doc": order}],
    }
    if search.query.strip():
        body["highlight"] = {
            "pre_tags": [MARK[0]],
            "post_tags": [MARK[1]],
            "fields": {"message": {"number_of_fragments": 0}},
        }
    if search.after:
        body["search_after"] = list(search.after)
    if search.summary:
        body["aggs"] = {
            "over_time": _over_time(
                search.span, interval_ms, {"by": {"terms": {"field": "level", "missing": "unknown"}}}
            ),
            **{f"top:{name}": {"terms": {"field": name, "size": 10}} for name in FACETS},
        }
    return body


def bool_query(span: TimeRange, query: str, filters: Sequence[Filter] = ()) -> dict[str, Any]:
    """The time range, the text in query-string syntax, and the pills."""
    clauses: dict[str, list[Any]] = {
        "filter": [{"range": {"@timestamp": {"gte": span.start_ms, "lte": span.end_ms, "format": "epoch_millis"}}}]
    }
    for pill in filters:
        clause = {"exists": {"field": pill.name}} if pill.value is None else {"term": {pill.name: pill.value}}
        clauses.setdefault("must_not" if pill.negate else "filter", []).append(clause)
    if query.strip() and query.strip() != "*":
        clauses["must"] = [{"query_string": {"query": query, "default_field": "message", "default_operator": "AND"}}]
    return {"bool": clauses}


def _over_time(span: TimeRange, interval_ms: int, inner: Mapping[str, Any]) -> dict[str, Any]:
    histogram = {
        "field": "@timestamp",
        "fixed_interval": f"{interval_ms}ms" if interval_ms % 1000 else f"{interval_ms // 1000}s",
        "min_doc_count": 0,
        "extended_bounds": {"min": span.start_ms, "max": span.end_ms},
    }
    return {"date_histogram": histogram, "aggs": dict(inner)} if inner else {"date_histogram": histogram}


def read_page(answer: Mapping[str, Any], interval_ms: int) -> LogPage:
    """The answer to `search_body`."""
    hits = answer.get("hits", {})
    total = hits.get("total", 0)
    aggregations = answer.get("aggregations", {})
    buckets = aggregations.get("over_time", {}).get("buckets", [])
    levels: dict[str, list[int]] = {}
    for position, bucket in enumerate(buckets):
        for item in bucket.get("by", {}).get("buckets", []):
            counts = levels.setdefault(normal_level(item["key"]), [0] * len(buckets))
            counts[position] += int(item["doc_count"])
    facets = {
        name.removeprefix("top:"): [(str(item["key"]), int(item["doc_count"])) for item in found.get("buckets", [])]
        for name, found in aggregations.items()
        if name.startswith("top:") and found.get("buckets")
    }
    return LogPage(
        total=int(total["value"] if isinstance(total, Mapping) else total),
        lines=tuple(read_line(hit) for hit in hits.get("hits", [])),
        interval_ms=interval_ms,
        buckets=tuple(int(bucket["key"]) for bucket in buckets),
        levels={level: levels[level] for level in LEVELS if level in levels},
        facets=facets,
    )


def read_line(hit: Mapping[str, Any]) -> LogLine:
    """One hit."""
    fields = flatten(hit.get("_source", {}))
    sort = list(hit.get("sort", []))
    message = str(fields.get("message", ""))
    marked = hit.get("highlight", {}).get("message", [message])[0]
    moment = sort[0] if sort and isinstance(sort[0], (int, float)) else 0
    return LogLine(str(hit.get("_id", "")), int(moment), normal_level(fields.get("level")), str(marked), fields, sort)


def flatten(document: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested objects as dotted names."""
    flat: dict[str, Any] = {}
    for name, value in document.items():
        if isinstance(value, Mapping):
            flat.update(flatten(value, f"{prefix}{name}."))
        else:
            flat[prefix + name] = value
    return flat


def normal_level(level: object) -> str:
    """One of `LEVELS` for what programs call it."""
    text = str(level or "").lower()
    known = {
        "warning": "warn",
        "err": "error",
        "critical": "fatal",
        "crit": "fatal",
        "panic": "fatal",
        "notice": "info",
    }
    text = known.get(text, text)
    return text if text in LEVELS else "unknown"


def panel_body(target: Mapping[str, Any], query: str, span: TimeRange, step_ms: int) -> dict[str, Any]:
    """A Grafana Elasticsearch target: the count over time, by up to two terms, or the latest documents for the metric `logs`."""
    if wants_lines(target):
        return search_body(LogSearch(span, query, size=100, summary=False), step_ms)
    aggregation: dict[str, Any] = {}
    for bucket in reversed(target.get("bucketAggs") or [{"type": "date_histogram"}]):
        if bucket.get("type") == "terms":
            size = int(bucket.get("settings", {}).get("size") or 10) or 10
            inner = {"aggs": aggregation} if aggregation else {}
            aggregation = {"by": {"terms": {"field": bucket["field"], "size": size, "missing": "unknown"}, **inner}}
        else:
            aggregation = {"over_time": _over_time(span, step_ms, aggregation)}
    return {"size": 0, "query": bool_query(span, query), "aggs": aggregation, "track_total_hits": True}


def wants_lines(target: Mapping[str, Any]) -> bool:
    """Whether the target asks for documents and not for counts."""
    return any(metric.get("type") in ("logs", "raw_data", "raw_document") for metric in target.get("metrics") or [])


def panel_frame(target: Mapping[str, Any], answer: Mapping[str, Any], span: TimeRange, step_ms: int) -> Frame:
    """Counts of `panel_body`'s answer as series on the grid of the histogram, or one point each without one."""
    over_time = any(bucket.get("type") != "terms" for bucket in target.get("bucketAggs") or [{}])
    length = span.length_ms // step_ms + 1 if over_time else 1
    names = [bucket["field"] for bucket in target.get("bucketAggs") or [] if bucket.get("type") == "terms"]
    rows: dict[tuple[str, ...], list[float]] = {}

    def walk(node: Mapping[str, Any], keys: tuple[str, ...], position: int) -> None:
        if "by" in node:
            for bucket in node["by"]["buckets"]:
                walk(bucket, (*keys, str(bucket["key"])), position)
        elif "over_time" in node:
            for bucket in node["over_time"]["buckets"]:
                walk(bucket, keys, (int(bucket["key"]) - span.start_ms) // step_ms)
        elif 0 <= position < length:
            rows.setdefault(keys, [0.0] * length)[position] += float(node.get("doc_count", 0))

    walk(answer.get("aggregations", {}), (), 0)
    series = tuple(Series(dict(zip(names, keys, strict=False)), rows[keys]) for keys in rows)
    return Frame(span.start_ms if over_time else span.end_ms, step_ms, length, series)
