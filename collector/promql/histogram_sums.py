"""Sum and mean of native histograms, with what the reader should know about them."""

from collector.histogram import CounterReset, FloatHistogram
from collector.promql.annotations import Annotations, quoted_names
from collector.promql.errors import Span
from collector.promql.histograms.arithmetic import (
    IncompatibleBucketsError,
    compacted,
    divide,
    has_overflow,
    total,
)

MIXED_SCHEMAS = "vector contains a mix of histograms with exponential and custom buckets schemas for metric name"


def combined(
    notes: Annotations, items: list[FloatHistogram], names: list[str], span: Span, *, mean: bool
) -> FloatHistogram | None:
    """None when the buckets do not go together. names[i]: the metric items[i] belongs to."""
    hints = {item.counter_reset for item in items}
    try:
        result = total(items)
    except IncompatibleBucketsError:
        notes.warn(quoted_names(MIXED_SCHEMAS, [_culprit(items, names)])[0], span)
        return None
    if {CounterReset.RESET, CounterReset.NOT_RESET} <= hints:
        notes.warn("conflicting counter resets during histogram aggregation", span)
    if result.reconciled:
        notes.info("mismatched custom buckets were reconciled during aggregation", span)
    h = result.histogram
    if not mean:
        return compacted(h)
    return compacted(_gentle_mean(items) if has_overflow(h) else divide(h, float(len(items))))


def _culprit(items: list[FloatHistogram], names: list[str]) -> str:
    custom = items[0].custom_values != () or items[0].schema == -53
    return next(name for item, name in zip(items, names, strict=True) if (item.schema == -53) != custom)


def _gentle_mean(items: list[FloatHistogram]) -> FloatHistogram:
    """A mean that never holds the whole sum, which would overflow."""
    return total([divide(item, float(len(items))) for item in items]).histogram
