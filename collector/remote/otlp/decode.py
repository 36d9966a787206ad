"""`ExportMetricsServiceRequest` from protobuf.

    request 1 resource metrics {1 resource {1 attributes}, 2 scope metrics {1 scope {1 name, 2 version, 3 attributes}, 2 metrics, 3 schema}}
    metric  1 name, 2 description, 3 unit, 5 gauge, 7 sum, 9 histogram, 10 exponential histogram, 11 summary
    each    1 points, 2 temporality, 3 monotonic

Source: opentelemetry/proto/metrics/v1.
"""

import struct
from typing import Any

import orjson

from collector.protobuf import (
    FIXED64,
    ProtobufError,
    double,
    fields,
    fixed64,
    packed_doubles,
    packed_varints,
    signed,
    text,
    zigzag,
)
from collector.remote.otlp.model import Buckets, Kind, OtelMetric, Point, Resource, Scope
from pharos.exposition import format_value
from pharos.labels import Labels

_KINDS: dict[int, Kind] = {5: "gauge", 7: "sum", 9: "histogram", 10: "exponential", 11: "summary"}
_ATTRIBUTES: dict[Kind, int] = {"gauge": 7, "sum": 7, "histogram": 9, "exponential": 1, "summary": 7}
_FLAGS: dict[Kind, int] = {"gauge": 8, "sum": 8, "histogram": 10, "exponential": 10, "summary": 8}


def decode_request(body: bytes) -> list[Resource]:
    """All resources of a request. Raises `ProtobufError`."""
    return [_resource(value) for number, _, value in fields(body) if number == 1]


def _resource(message: Any) -> Resource:
    out = Resource()
    for number, _, value in fields(message):
        if number == 1:
            out.attributes = _attributes(value, 1)
        elif number == 2:
            out.scopes.append(_scope(value))
    return out


def _scope(message: Any) -> Scope:
    out = Scope()
    for number, _, value in fields(message):
        if number == 1:
            out.attributes = _attributes(value, 3)
            names = {field: raw for field, _, raw in fields(value) if field in (1, 2)}
            out.name, out.version = (text(names.get(field, b"")) for field in (1, 2))
        elif number == 2:
            out.metrics.append(_metric(value))
        elif number == 3:
            out.schema_url = text(value)
    return out


def _metric(message: Any) -> OtelMetric:
    out = OtelMetric()
    for number, _, value in fields(message):
        if number == 1:
            out.name = text(value)
        elif number == 2:
            out.description = text(value)
        elif number == 3:
            out.unit = text(value)
        elif number in _KINDS:
            out.kind = _KINDS[number]
            _data(value, out)
    return out


def _data(message: Any, out: OtelMetric) -> None:
    out.temporality = 0 if out.kind in ("sum", "histogram", "exponential") else out.temporality
    for number, _, value in fields(message):
        if number == 1:
            out.points.append(_point(value, out.kind))
        elif number == 2:
            out.temporality = value
        elif number == 3:
            out.monotonic = bool(value)


def _point(message: Any, kind: Kind) -> Point:
    out = Point(attributes=_attributes(message, _ATTRIBUTES[kind]))
    for number, wire, value in fields(message):
        if number == 3 and wire == FIXED64:
            out.time_ms = fixed64(value) // 1_000_000
        elif number == _FLAGS[kind]:
            out.flags = value
        elif kind in ("gauge", "sum"):
            _number(out, number, value)
        elif number == 4:
            out.count = fixed64(value)
        elif number == 5:
            out.sum = double(value)
        elif kind == "exponential":
            _exponential(out, number, value)
        elif kind == "histogram":
            _explicit(out, number, wire, value)
        elif number == 6:
            found = {field: double(raw) for field, _, raw in fields(value)}
            out.quantiles.append((found.get(1, 0.0), found.get(2, 0.0)))
    return out


def _number(out: Point, number: int, value: Any) -> None:
    if number == 4:
        out.value = double(value)
    elif number == 6:
        out.value = float(signed(fixed64(value)))


def _explicit(out: Point, number: int, wire: int, value: Any) -> None:
    if number == 6:
        if len(value) % 8:
            raise ProtobufError("expected packed counts")
        out.counts.extend(struct.unpack(f"<{len(value) // 8}Q", value))
    elif number == 7:
        out.bounds.extend(packed_doubles(wire, value))


def _exponential(out: Point, number: int, value: Any) -> None:
    if number == 6:
        out.scale = zigzag(value)
    elif number == 7:
        out.zero_count = fixed64(value)
    elif number == 8:
        out.positive = _buckets(value)
    elif number == 9:
        out.negative = _buckets(value)
    elif number == 14:
        out.zero_threshold = double(value)


def _buckets(message: Any) -> Buckets:
    out = Buckets()
    for number, wire, value in fields(message):
        if number == 1:
            out.offset = zigzag(value)
        elif number == 2:
            out.counts.extend(packed_varints(wire, value))
    return out


def _attributes(message: Any, field: int) -> Labels:
    out: Labels = {}
    for number, _, pair in fields(message):
        if number == field:
            found = {inner: raw for inner, _, raw in fields(pair)}
            out[text(found.get(1, b""))] = as_text(_value(found.get(2, b"")))
    return out


def _value(message: Any) -> Any:
    """An `AnyValue` as a Python value."""
    for number, _, raw in fields(message):
        match number:
            case 1:
                return text(raw)
            case 2:
                return bool(raw)
            case 3:
                return signed(raw)
            case 4:
                return double(raw)
            case 5:
                return [_value(item) for inner, _, item in fields(raw) if inner == 1]
            case 6:
                return _attributes(raw, 1)
            case 7:
                return bytes(raw).hex()
    return ""


def as_text(value: Any) -> str:
    """An attribute's value as a label's."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return format_value(value)
    return str(value) if isinstance(value, int) else orjson.dumps(value).decode()
