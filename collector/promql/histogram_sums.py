"""Sum and mean of native histograms, with what the reader should know about them."""

from collector.histogram import CounterReset, FloatHistogram
from collector.promql.annotations import Annotations, quoted_names
from collector.promql.errors import Span
from collector.promql.histograms.arithmetic import (
    compacted,
    divide,
    has_overflow,
    total,
)
from collector.promql.histograms.buckets import is_custom

MIXED_SCHEMAS = "vector contains a mix of histograms with exponential and custom buckets schemas for metric name"


def combined(
    notes: Annotations, items: list[FloatHistogram], names: list[str], span: Span, *, mean: bool
) -> FloatHistogram | None:
    """None when the buckets do not go together. names[i]: the metric items[i] belongs to."""
    hints = {item.counter_reset for item in items}
    culprit = _culprit(items)
    if culprit is not None:
        notes.warn(quoted_names(MIXED_SCHEMAS, [names[culprit]])[0], span)
        return None
    result = total(items)
    if {CounterReset.RESET, CounterReset.NOT_RESET} <= hints:
        notes.warn("conflicting counter resets during histogram aggregation", span)
    if result.reconciled:
        notes.info("mismatched custom buckets were reconciled during aggregation", span)
    h = result.histogram
    if not mean:
        return compacted(h)
    return compacted(_gentle_mean(items) if has_overflow(h) else divide(h, float(len(items))))


def warn_of_floats(notes: Annotations, items: list[FloatHistogram], names: list[str], before: int, span: Span) -> None:
    """Say why there is no sum of histograms and floats. `before`: how many histograms come before the first float.

    The samples are seen one after the other: schemas that do not go together end it, and from a float on no schema is looked at.
    """
    culprit = _culprit(items) if before else None
    if culprit is not None:
        notes.warn(quoted_names(MIXED_SCHEMAS, [names[culprit]])[0], span)
    if culprit is None or culprit >= before:
        notes.warn("encountered a mix of histograms and floats for aggregation", span)


def _culprit(items: list[FloatHistogram]) -> int | None:
    """Which histogram is the first of another kind of buckets."""
    return next((index for index, item in enumerate(items) if is_custom(item) != is_custom(items[0])), None)


def _gentle_mean(items: list[FloatHistogram]) -> FloatHistogram:
    """A mean that never holds the whole sum, which would overflow."""
    return total([divide(item, float(len(items))) for item in items]).histogram
