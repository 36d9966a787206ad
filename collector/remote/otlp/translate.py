"""OpenTelemetry metrics to samples. Pure.

Only cumulative sums and histograms can be series; delta ones are left out and told. Exponential histograms become native ones.
"""

from dataclasses import dataclass, field

import numpy as np

from collector.config.remote import OtlpConfig
from collector.histogram import CUSTOM_BUCKETS_SCHEMA, FloatHistogram
from collector.remote.otlp.model import CUMULATIVE, NO_VALUE, Buckets, OtelMetric, Point, Resource, Scope
from collector.remote.otlp.names import label_name, metric_name
from collector.remote.write_message import WriteRequest
from collector.scrape.page import Metadata
from collector.storage.interface import STALE_NAN
from pharos.exposition import format_value
from pharos.labels import METRIC_NAME, Labels, label_set

_IDENTITY = ("service.name", "service.namespace", "service.instance.id")
_MAX_SCHEMA, _MIN_SCHEMA = 8, -4
_ZERO_THRESHOLD = 1e-128


@dataclass(slots=True)
class Translated:
    """Samples, what the metrics say about themselves, and what was left out."""

    request: WriteRequest = field(default_factory=WriteRequest)
    metadata: dict[str, Metadata] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def translate(resources: list[Resource], config: OtlpConfig) -> Translated:
    """The samples of a request."""
    out = Translated()
    for resource in resources:
        shared = _resource_labels(resource.attributes, config)
        newest = 0
        for scope in resource.scopes:
            labels = {**shared, **(_scope_labels(scope, config) if config.promote_scope_metadata else {})}
            for metric in scope.metrics:
                _metric(metric, labels, config, out)
                newest = max([newest, *(point.time_ms for point in metric.points)])
        _target_info(resource.attributes, shared, newest, config, out)
    return out


def _resource_labels(attributes: Labels, config: OtlpConfig) -> Labels:
    labels: Labels = {}
    if config.promote_all_resource_attributes:
        promoted = [name for name in attributes if name not in config.ignore_resource_attributes]
    else:
        promoted = [name for name in config.promote_resource_attributes if name in attributes]
    for name in promoted:
        labels[label_name(name, config)] = attributes[name]
    service, namespace = attributes.get("service.name", ""), attributes.get("service.namespace", "")
    if service:
        labels["job"] = f"{namespace}/{service}" if namespace else service
    if attributes.get("service.instance.id"):
        labels["instance"] = attributes["service.instance.id"]
    return labels


def _scope_labels(scope: Scope, config: OtlpConfig) -> Labels:
    known = {
        "otel_scope_name": scope.name,
        "otel_scope_version": scope.version,
        "otel_scope_schema_url": scope.schema_url,
    }
    own = {f"otel_scope_{label_name(name, config)}": value for name, value in scope.attributes.items()}
    return {name: value for name, value in {**own, **known}.items() if value}


def _target_info(attributes: Labels, shared: Labels, time_ms: int, config: OtlpConfig, out: Translated) -> None:
    keep = config.keep_identifying_resource_attributes
    rest = {label_name(name, config): value for name, value in attributes.items() if keep or name not in _IDENTITY}
    if not rest or not time_ms or not ("job" in shared or "instance" in shared):
        return
    identity: Labels = {name: shared[name] for name in ("job", "instance") if name in shared}
    _add(out, "target_info", {**rest, **identity}, time_ms, 1.0)
    out.metadata["target_info"] = Metadata("gauge", "Target metadata")


def _metric(metric: OtelMetric, shared: Labels, config: OtlpConfig, out: Translated) -> None:
    if metric.temporality != CUMULATIVE:
        out.problems.append(f'invalid temporality and type combination for metric "{metric.name}"')
        return
    counter = metric.kind == "sum" and metric.monotonic
    gauge = metric.kind == "gauge"
    name = metric_name(metric.name, metric.unit, config, counter=counter, gauge=gauge)
    kinds = {"gauge": "gauge", "sum": "counter" if counter else "gauge", "summary": "summary"}
    out.metadata[name] = Metadata(kinds.get(metric.kind, "histogram"), metric.description, metric.unit)
    for point in metric.points:
        labels = {**shared, **_point_labels(point.attributes, config)}
        if metric.kind in ("gauge", "sum"):
            _add(out, name, labels, point.time_ms, float(STALE_NAN) if point.flags & NO_VALUE else point.value)
        elif metric.kind == "summary":
            _summary(name, labels, point, out)
        elif metric.kind == "exponential":
            _exponential(name, labels, point, out)
        else:
            _histogram(name, labels, point, config, out)


def _point_labels(attributes: Labels, config: OtlpConfig) -> Labels:
    """Attributes whose names become the same label share it, their values joined in the order of their names."""
    labels: Labels = {}
    for name in sorted(attributes):
        label = label_name(name, config)
        labels[label] = f"{labels[label]};{attributes[name]}" if label in labels else attributes[name]
    return labels


def _add(out: Translated, name: str, labels: Labels, time_ms: int, value: float) -> None:
    out.request.series.append(label_set({**labels, METRIC_NAME: name}))
    out.request.timestamps.append(time_ms)
    out.request.values.append(value)


def _ended_or(point: Point, value: float) -> float:
    return float(STALE_NAN) if point.flags & NO_VALUE else value


def _summary(name: str, labels: Labels, point: Point, out: Translated) -> None:
    _add(out, f"{name}_sum", labels, point.time_ms, _ended_or(point, point.sum))
    _add(out, f"{name}_count", labels, point.time_ms, _ended_or(point, point.count))
    for quantile, value in point.quantiles:
        own = {**labels, "quantile": format_value(quantile)}
        _add(out, name, own, point.time_ms, _ended_or(point, value))


def _histogram(name: str, labels: Labels, point: Point, config: OtlpConfig, out: Translated) -> None:
    if config.convert_histograms_to_nhcb and not point.flags & NO_VALUE:
        _add_native(out, name, labels, point.time_ms, _custom(point))
        return
    _add(out, f"{name}_sum", labels, point.time_ms, _ended_or(point, point.sum))
    _add(out, f"{name}_count", labels, point.time_ms, _ended_or(point, point.count))
    cumulative = 0
    for bound, count in zip(point.bounds, point.counts, strict=False):
        cumulative += count
        own = {**labels, "le": format_value(bound)}
        _add(out, f"{name}_bucket", own, point.time_ms, _ended_or(point, cumulative))
    _add(out, f"{name}_bucket", {**labels, "le": "+Inf"}, point.time_ms, _ended_or(point, point.count))


def _custom(point: Point) -> FloatHistogram:
    return FloatHistogram(
        schema=CUSTOM_BUCKETS_SCHEMA,
        count=float(point.count),
        sum=point.sum,
        positive_spans=((0, len(point.counts)),),
        positive=np.array(point.counts, np.float64),
        custom_values=tuple(point.bounds),
        integer=True,
    )


def _exponential(name: str, labels: Labels, point: Point, out: Translated) -> None:
    if point.scale < _MIN_SCHEMA:
        out.problems.append(f'scale {point.scale} of "{name}" is too low, the least is {_MIN_SCHEMA}')
        return
    if point.flags & NO_VALUE:
        _add(out, name, labels, point.time_ms, float(STALE_NAN))
        return
    drop = max(0, point.scale - _MAX_SCHEMA)
    positive, negative = _merged(point.positive, drop), _merged(point.negative, drop)
    histogram = FloatHistogram(
        schema=point.scale - drop,
        count=float(point.count),
        sum=point.sum,
        zero_threshold=point.zero_threshold or _ZERO_THRESHOLD,
        zero_count=float(point.zero_count),
        positive_spans=_span(positive),
        positive=np.array(positive.counts, np.float64),
        negative_spans=_span(negative),
        negative=np.array(negative.counts, np.float64),
        integer=True,
    )
    _add_native(out, name, labels, point.time_ms, histogram)


def _merged(buckets: Buckets, drop: int) -> Buckets:
    """Buckets of a scale that is lower by `drop`: 2^drop old ones make one new one."""
    if not drop or not buckets.counts:
        return buckets
    first = buckets.offset >> drop
    counts = [0] * (((buckets.offset + len(buckets.counts) - 1) >> drop) - first + 1)
    for index, count in enumerate(buckets.counts):
        counts[((buckets.offset + index) >> drop) - first] += count
    return Buckets(first, counts)


def _span(buckets: Buckets) -> tuple[tuple[int, int], ...]:
    """OpenTelemetry names a bucket after its lower bound, Prometheus after its upper one."""
    return ((buckets.offset + 1, len(buckets.counts)),) if buckets.counts else ()


def _add_native(out: Translated, name: str, labels: Labels, time_ms: int, histogram: FloatHistogram) -> None:
    out.request.histogram_series.append(label_set({**labels, METRIC_NAME: name}))
    out.request.histogram_times.append(time_ms)
    out.request.histograms.append(histogram)
