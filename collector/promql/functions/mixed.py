"""Range functions on windows that hold native histograms; one series and one window at a time.

Source: the behaviour of Prometheus 3.14.
"""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from collector.histogram import CounterReset, FloatHistogram
from collector.promql import histogram_sums
from collector.promql.annotations import Annotations, quoted_names
from collector.promql.block import Block, Objects, new_present
from collector.promql.errors import Span
from collector.promql.histograms.arithmetic import (
    Combined,
    IncompatibleBucketsError,
    add,
    compacted,
    divide,
    equal,
    is_reset,
    scale,
    subtract,
    to_schema,
    with_hint,
)
from collector.promql.histograms.buckets import is_custom
from collector.promql.ranges import MixedSeries, RangeVector
from pharos.labels import METRIC_NAME

Result: TypeAlias = float | FloatHistogram | None

MIXED_SAMPLES = "encountered a mix of histograms and floats for metric name"
IGNORED = "ignored histograms in a range containing both floats and histograms for metric name"
NOT_COUNTER = "this native histogram metric is not a counter:"
NOT_GAUGE = "this native histogram metric is not a gauge:"


@dataclass(frozen=True, slots=True)
class Window:
    """One window of one series, with at least one native histogram in it."""

    samples: list[tuple[int, float | FloatHistogram]]
    end: int
    range_ms: int
    name: str
    span: Span
    notes: Annotations

    @property
    def floats(self) -> list[tuple[int, float]]:
        return [(time, value) for time, value in self.samples if not isinstance(value, FloatHistogram)]

    @property
    def histograms(self) -> list[tuple[int, FloatHistogram]]:
        return [(time, value) for time, value in self.samples if isinstance(value, FloatHistogram)]

    @property
    def is_pure(self) -> bool:
        """Whether there are histograms only; says so when not."""
        if len(self.histograms) == len(self.samples):
            return True
        self.warn(MIXED_SAMPLES)
        return False

    def warn(self, text: str) -> None:
        self.notes.warn(quoted_names(text, [self.name])[0], self.span)

    def incompatible(self) -> None:
        self.warn(histogram_sums.MIXED_SCHEMAS)

    def combine(self, operation: str, a: FloatHistogram, b: FloatHistogram) -> FloatHistogram:
        """Sum or difference. Raises `IncompatibleBucketsError`."""
        result: Combined = add(a, b) if operation == "addition" else subtract(a, b)
        if result.reconciled:
            self.notes.info(f"mismatched custom buckets were reconciled during {operation}", self.span)
        return result.histogram


WindowFunction: TypeAlias = Callable[[Window], Result]


def overlaid(notes: Annotations, vector: RangeVector, block: Block, function: WindowFunction, span: Span) -> Block:
    """The block of the float samples, with the cells replaced whose windows hold histograms."""
    values, mask = block.values.copy(), block.mask().copy()
    hist: Objects = np.full(values.shape, None, object)
    found = False
    for row, series in zip(vector.mixed_rows(), vector.mixed, strict=True):
        for step, window in _windows(notes, vector, series, span):
            result = function(window)
            mask[row, step] = result is not None
            if isinstance(result, FloatHistogram):
                hist[row, step] = result
                found = True
            elif result is not None:
                values[row, step] = result
    return replace(block, values=values, present=new_present(mask), hist=hist if found else None)


def noted(notes: Annotations, vector: RangeVector, block: Block, span: Span) -> Block:
    """Functions of floats only: say so where histograms were passed over."""
    for series in vector.mixed:
        if any(window.floats for _, window in _windows(notes, vector, series, span)):
            notes.info(quoted_names(IGNORED, [_name(vector, series)])[0], span)
    return block


def _windows(notes: Annotations, vector: RangeVector, series: MixedSeries, span: Span) -> "list[tuple[int, Window]]":
    name = _name(vector, series)
    out = []
    for step, end in enumerate(vector.ends.tolist()):
        lo, hi = bisect_right(series.times, end - vector.range_ms), bisect_right(series.times, end)
        if any(series.histograms[index] is not None for index in range(lo, hi)):
            samples = [(series.times[i], series.histograms[i] or series.values[i]) for i in range(lo, hi)]
            out.append((step, Window(samples, end, vector.range_ms, name, span, notes)))
    return out


def _name(vector: RangeVector, series: MixedSeries) -> str:
    return vector.labels.symbols.text(int(vector.labels.column(METRIC_NAME)[series.row]))


def count_over_time(window: Window) -> Result:
    return float(len(window.samples))


def present_over_time(window: Window) -> Result:
    return 1.0


def first_over_time(window: Window) -> Result:
    return window.samples[0][1]


def last_over_time(window: Window) -> Result:
    return window.samples[-1][1]


def ts_of_first_over_time(window: Window) -> Result:
    return window.samples[0][0] / 1000


def ts_of_last_over_time(window: Window) -> Result:
    return window.samples[-1][0] / 1000


def sum_over_time(window: Window) -> Result:
    return _sum(window, mean=False)


def avg_over_time(window: Window) -> Result:
    return _sum(window, mean=True)


def _sum(window: Window, *, mean: bool) -> Result:
    if not window.is_pure:
        return None
    items = [h for _, h in window.histograms]
    return histogram_sums.combined(window.notes, items, [window.name] * len(items), window.span, mean=mean)


def changes(window: Window) -> Result:
    return float(sum(_differ(a, b) for (_, a), (_, b) in zip(window.samples, window.samples[1:], strict=False)))


def _differ(before: float | FloatHistogram, now: float | FloatHistogram) -> bool:
    if isinstance(before, FloatHistogram) and isinstance(now, FloatHistogram):
        return not equal(before, now)
    if isinstance(before, FloatHistogram) or isinstance(now, FloatHistogram):
        return True
    return now != before and not (np.isnan(now) and np.isnan(before))


def resets(window: Window) -> Result:
    return float(sum(_was_reset(a, b) for (_, a), (_, b) in zip(window.samples, window.samples[1:], strict=False)))


def _was_reset(before: float | FloatHistogram, now: float | FloatHistogram) -> bool:
    if isinstance(before, FloatHistogram) and isinstance(now, FloatHistogram):
        return is_reset(now, before)
    if isinstance(before, FloatHistogram) or isinstance(now, FloatHistogram):
        return True
    return now < before


def rate(window: Window) -> Result:
    return _extrapolated(window, counter=True, per_second=True)


def increase(window: Window) -> Result:
    return _extrapolated(window, counter=True, per_second=False)


def delta(window: Window) -> Result:
    return _extrapolated(window, counter=False, per_second=False)


def irate(window: Window) -> Result:
    return _instantaneous(window, counter=True)


def idelta(window: Window) -> Result:
    return _instantaneous(window, counter=False)


def _extrapolated(window: Window, *, counter: bool, per_second: bool) -> Result:
    if not window.is_pure or len(window.histograms) < 2:
        return None
    points = window.histograms
    try:
        difference = _difference(window, [h for _, h in points], counter=counter)
    except IncompatibleBucketsError:
        window.incompatible()
        return None
    sampled = (points[-1][0] - points[0][0]) / 1000
    average = sampled / (len(points) - 1)
    to_start = (points[0][0] - (window.end - window.range_ms)) / 1000
    to_end = (window.end - points[-1][0]) / 1000
    to_start = average / 2 if to_start >= average * 1.1 else to_start
    to_end = average / 2 if to_end >= average * 1.1 else to_end
    first = points[0][1].count
    if counter and difference.count > 0 and first >= 0:
        to_start = min(to_start, sampled * (first / difference.count))
    factor = (sampled + to_start + to_end) / sampled if sampled else 1.0
    return scale(difference, factor / (window.range_ms / 1000) if per_second else factor)


def _difference(window: Window, points: list[FloatHistogram], *, counter: bool) -> FloatHistogram:
    """Last less first, plus what counter resets took away. Raises `IncompatibleBucketsError`."""
    previous, last = points[0], points[-1]
    gauges = [h.counter_reset is CounterReset.GAUGE for h in points]
    if counter and any(gauges):
        window.warn(NOT_COUNTER)
    if counter and is_reset(points[1], previous):
        previous = FloatHistogram(schema=points[1].schema, custom_values=points[1].custom_values)
    custom = is_custom(previous)
    checked = points[1:] if counter else [last]
    if any(is_custom(h) != custom for h in checked):
        raise IncompatibleBucketsError("exponential and custom buckets")
    schema = min([previous.schema, *(h.schema for h in checked)])
    result = window.combine("subtraction", to_schema(last, schema), previous)
    if counter:
        for now in points[1:]:
            if is_reset(now, previous):
                result = window.combine("addition", result, previous)
            previous = now
    elif not (gauges[0] and gauges[-1]):
        window.warn(NOT_GAUGE)
    return compacted(with_hint(result, CounterReset.GAUGE))


def _instantaneous(window: Window, *, counter: bool) -> Result:
    if len(window.samples) < 2:
        return None
    (before_ms, before), (now_ms, now) = window.samples[-2:]
    seconds = (now_ms - before_ms) / 1000
    if isinstance(before, FloatHistogram) != isinstance(now, FloatHistogram):
        window.warn(MIXED_SAMPLES)
        return None
    if isinstance(before, FloatHistogram) and isinstance(now, FloatHistogram):
        gauges = {before.counter_reset is CounterReset.GAUGE, now.counter_reset is CounterReset.GAUGE}
        if counter and True in gauges:
            window.warn(NOT_COUNTER)
        if not counter and False in gauges:
            window.warn(NOT_GAUGE)
        try:
            change = now if counter and is_reset(now, before) else window.combine("subtraction", now, before)
        except IncompatibleBucketsError:
            window.incompatible()
            return None
        change = compacted(with_hint(change, CounterReset.GAUGE))
        return divide(change, seconds) if counter else change
    assert isinstance(before, float)
    assert isinstance(now, float)
    if not counter:
        return now - before
    return (now if now < before else now - before) / seconds
