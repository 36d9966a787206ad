"""`ExportMetricsServiceRequest` from JSON: OTLP's mapping, in which 64-bit integers may be text."""

import math
from typing import Any

import orjson

from collector.remote.otlp.decode import as_text
from collector.remote.otlp.model import Buckets, Kind, OtelMetric, Point, Resource, Scope
from pharos.labels import Labels

_KINDS: dict[str, Kind] = {
    "gauge": "gauge",
    "sum": "sum",
    "histogram": "histogram",
    "exponentialHistogram": "exponential",
    "summary": "summary",
}
_TEMPORALITIES = {"AGGREGATION_TEMPORALITY_DELTA": 1, "AGGREGATION_TEMPORALITY_CUMULATIVE": 2}


def decode_json(body: bytes) -> list[Resource]:
    """All resources of a request. Raises `ValueError`."""
    try:
        request = orjson.loads(body)
        return [_resource(item) for item in request.get("resourceMetrics", [])]
    except (AttributeError, TypeError, KeyError) as error:
        raise ValueError(f"not an OTLP request: {error}") from error


def _resource(item: dict[str, Any]) -> Resource:
    attributes = _attributes(item.get("resource", {}).get("attributes", []))
    return Resource(attributes, [_scope(scope) for scope in item.get("scopeMetrics", [])])


def _scope(item: dict[str, Any]) -> Scope:
    scope = item.get("scope", {})
    return Scope(
        scope.get("name", ""),
        scope.get("version", ""),
        item.get("schemaUrl", ""),
        _attributes(scope.get("attributes", [])),
        [_metric(metric) for metric in item.get("metrics", [])],
    )


def _metric(item: dict[str, Any]) -> OtelMetric:
    out = OtelMetric(item.get("name", ""), item.get("description", ""), item.get("unit", ""))
    for key, kind in _KINDS.items():
        if key in item:
            data = item[key]
            out.kind = kind
            given = data.get("aggregationTemporality", 0)
            out.temporality = _TEMPORALITIES.get(given, given) if kind not in ("gauge", "summary") else out.temporality
            out.monotonic = bool(data.get("isMonotonic"))
            out.points = [_point(point) for point in data.get("dataPoints", [])]
    return out


def _point(item: dict[str, Any]) -> Point:
    return Point(
        attributes=_attributes(item.get("attributes", [])),
        time_ms=int(item.get("timeUnixNano", 0)) // 1_000_000,
        flags=int(item.get("flags", 0)),
        value=_float(item.get("asDouble", item.get("asInt", 0))),
        count=int(item.get("count", 0)),
        sum=_float(item.get("sum", 0)),
        bounds=[_float(bound) for bound in item.get("explicitBounds", [])],
        counts=[int(count) for count in item.get("bucketCounts", [])],
        quantiles=[(_float(q.get("quantile", 0)), _float(q.get("value", 0))) for q in item.get("quantileValues", [])],
        scale=int(item.get("scale", 0)),
        zero_count=int(item.get("zeroCount", 0)),
        zero_threshold=_float(item.get("zeroThreshold", 0)),
        positive=_buckets(item.get("positive", {})),
        negative=_buckets(item.get("negative", {})),
    )


def _buckets(item: dict[str, Any]) -> Buckets:
    return Buckets(int(item.get("offset", 0)), [int(count) for count in item.get("bucketCounts", [])])


def _float(value: Any) -> float:
    words = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
    return words[value] if value in words else float(value)


def _attributes(items: list[dict[str, Any]]) -> Labels:
    return {item["key"]: as_text(_value(item.get("value", {}))) for item in items}


def _value(item: dict[str, Any]) -> Any:
    if "intValue" in item:
        return int(item["intValue"])
    if "arrayValue" in item:
        return [_value(inner) for inner in item["arrayValue"].get("values", [])]
    if "kvlistValue" in item:
        return _attributes(item["kvlistValue"].get("values", []))
    return next((item[key] for key in ("stringValue", "boolValue", "doubleValue", "bytesValue") if key in item), "")
