"""Adding, subtracting, scaling and comparing native histograms. Nothing is changed in place; every function gives a new one.

Source: the behaviour of Prometheus 3.14 (zero buckets are widened to agree, the coarser schema wins, custom bounds are intersected).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from collector.histogram import CounterReset, FloatHistogram
from collector.promql.histograms.buckets import (
    Sparse,
    compact,
    exponential_bound,
    from_sparse,
    indices,
    is_custom,
    negative_buckets,
    positive_buckets,
    reduce_resolution,
    to_sparse,
)

_EMPTY: Final = np.empty(0)


class IncompatibleBucketsError(ValueError):
    """Exponential and custom buckets do not mix."""


@dataclass(frozen=True, slots=True)
class Combined:
    """A sum or difference. `collision`: one side had a counter reset, the other had none; `reconciled`: custom bounds differed."""

    histogram: FloatHistogram
    collision: bool = False
    reconciled: bool = False


def scale(h: FloatHistogram, factor: float) -> FloatHistogram:
    """Every count times `factor`; a negative factor makes a gauge of it."""
    hint = CounterReset.GAUGE if factor < 0 else h.counter_reset
    with np.errstate(all="ignore"):
        return replace(
            h,
            count=h.count * factor,
            sum=h.sum * factor,
            zero_count=h.zero_count * factor,
            positive=h.positive * factor,
            negative=h.negative * factor,
            counter_reset=hint,
            integer=False,
        )


def divide(h: FloatHistogram, divisor: float) -> FloatHistogram:
    """Every count divided; by zero the buckets vanish and the totals become infinite."""
    with np.errstate(all="ignore"):
        totals = np.array([h.count, h.sum, h.zero_count]) / divisor
        count, total, zero = totals.tolist()
        changed = replace(h, count=count, sum=total, zero_count=zero, integer=False)
        if divisor == 0:
            return replace(changed, positive_spans=(), positive=_EMPTY, negative_spans=(), negative=_EMPTY)
        hint = CounterReset.GAUGE if divisor < 0 else h.counter_reset
        return replace(changed, positive=h.positive / divisor, negative=h.negative / divisor, counter_reset=hint)


def compacted(h: FloatHistogram) -> FloatHistogram:
    """Without empty buckets."""
    positive_spans, positive = compact(h.positive_spans, h.positive)
    negative_spans, negative = compact(h.negative_spans, h.negative)
    return replace(
        h, positive_spans=positive_spans, positive=positive, negative_spans=negative_spans, negative=negative
    )


def with_hint(h: FloatHistogram, hint: CounterReset) -> FloatHistogram:
    return h if h.counter_reset is hint else replace(h, counter_reset=hint)


def add(a: FloatHistogram, b: FloatHistogram) -> Combined:
    """a + b. Raises `IncompatibleBucketsError`."""
    return _combine(a, b, 1.0)


def subtract(a: FloatHistogram, b: FloatHistogram) -> Combined:
    """a - b. Raises `IncompatibleBucketsError`."""
    return _combine(a, b, -1.0)


def total(items: Sequence[FloatHistogram]) -> Combined:
    """The sum of histograms, rounding errors compensated. Raises `IncompatibleBucketsError`."""
    result = Combined(items[0])
    for item in items[1:]:
        step = add(result.histogram, item)
        result = Combined(step.histogram, result.collision or step.collision, result.reconciled or step.reconciled)
    h = result.histogram
    exact = replace(h, count=_exact_sum([x.count for x in items]), sum=_exact_sum([x.sum for x in items]))
    if all(_same_layout(h, item) for item in items):
        exact = replace(
            exact,
            zero_count=_exact_sum([x.zero_count for x in items]),
            positive=np.array([_exact_sum(list(column)) for column in zip(*(x.positive for x in items), strict=True)]),
            negative=np.array([_exact_sum(list(column)) for column in zip(*(x.negative for x in items), strict=True)]),
        )
    return replace(result, histogram=exact)


def is_reset(current: FloatHistogram, previous: FloatHistogram) -> bool:
    """Whether a counter was reset between two samples of it."""
    if current.counter_reset in (CounterReset.RESET, CounterReset.NOT_RESET):
        return current.counter_reset is CounterReset.RESET
    if current.count < previous.count:
        return True
    if is_custom(current):
        if not is_custom(previous):
            return True
        if current.custom_values != previous.custom_values:
            return _custom_reset(current, previous)
    elif is_custom(previous):
        return True
    if _same_layout(current, previous):
        return bool(
            current.zero_count < previous.zero_count
            or (current.positive < previous.positive).any()
            or (current.negative < previous.negative).any()
        )
    return _exponential_reset(current, previous)


def equal(a: FloatHistogram, b: FloatHistogram) -> bool:
    """Whether two histograms hold the same data in the same layout."""
    return (
        a.schema == b.schema
        and _bits(a.count) == _bits(b.count)
        and _bits(a.sum) == _bits(b.sum)
        and (not is_custom(a) or a.custom_values == b.custom_values)
        and a.zero_threshold == b.zero_threshold
        and _bits(a.zero_count) == _bits(b.zero_count)
        and indices(a.positive_spans) == indices(b.positive_spans)
        and indices(a.negative_spans) == indices(b.negative_spans)
        and a.positive.tobytes() == b.positive.tobytes()
        and a.negative.tobytes() == b.negative.tobytes()
    )


def has_overflow(h: FloatHistogram) -> bool:
    values = (h.zero_count, h.count, h.sum)
    return any(map(math.isinf, values)) or bool(np.isinf(h.positive).any() or np.isinf(h.negative).any())


def to_schema(h: FloatHistogram, schema: int) -> FloatHistogram:
    """The same histogram at a coarser resolution."""
    if schema == h.schema:
        return h
    positive_spans, positive = from_sparse(reduce_resolution(to_sparse(h.positive_spans, h.positive), h.schema, schema))
    negative_spans, negative = from_sparse(reduce_resolution(to_sparse(h.negative_spans, h.negative), h.schema, schema))
    return replace(
        h,
        schema=schema,
        positive_spans=positive_spans,
        positive=positive,
        negative_spans=negative_spans,
        negative=negative,
    )


def _combine(a: FloatHistogram, b: FloatHistogram, sign: float) -> Combined:
    if is_custom(a) != is_custom(b):
        raise IncompatibleBucketsError("cannot combine histograms with exponential and custom buckets")
    hint, collision = _merged_hint(a.counter_reset, b.counter_reset)
    with np.errstate(all="ignore"):
        changed = replace(
            a, count=a.count + sign * b.count, sum=a.sum + sign * b.sum, counter_reset=hint, integer=False
        )
        if _same_layout(a, b):
            result = replace(
                changed,
                zero_count=a.zero_count + sign * b.zero_count,
                positive=a.positive + sign * b.positive,
                negative=a.negative + sign * b.negative,
            )
            return Combined(result, collision)
        if is_custom(a):
            return Combined(_combine_custom(changed, a, b, sign), collision, a.custom_values != b.custom_values)
        return Combined(_combine_exponential(changed, a, b, sign), collision)


def _same_layout(a: FloatHistogram, b: FloatHistogram) -> bool:
    return (
        a.schema == b.schema
        and a.zero_threshold == b.zero_threshold
        and a.positive_spans == b.positive_spans
        and a.negative_spans == b.negative_spans
        and a.custom_values == b.custom_values
    )


def _merged_hint(a: CounterReset, b: CounterReset) -> tuple[CounterReset, bool]:
    if a is b or a is CounterReset.GAUGE:
        return a, False
    if b is CounterReset.GAUGE:
        return b, False
    known = CounterReset.UNKNOWN not in (a, b)
    return CounterReset.UNKNOWN, known


def _combine_custom(base: FloatHistogram, a: FloatHistogram, b: FloatHistogram, sign: float) -> FloatHistogram:
    if a.custom_values == b.custom_values:
        sparse = to_sparse(a.positive_spans, a.positive)
        for index, count in to_sparse(b.positive_spans, b.positive).items():
            sparse[index] = sparse.get(index, 0.0) + sign * count
        spans, counts = from_sparse(sparse)
        return replace(base, positive_spans=spans, positive=counts)
    bounds = _intersection(a.custom_values, b.custom_values)
    merged: Sparse = {}
    for h, factor in ((a, 1.0), (b, sign)):
        for index, count in _on_bounds(h, bounds).items():
            merged[index] = merged.get(index, 0.0) + factor * count
    spans, counts = from_sparse({index: count for index, count in merged.items() if count != 0})
    return replace(base, positive_spans=spans, positive=counts, custom_values=bounds)


def _intersection(a: tuple[float, ...], b: tuple[float, ...]) -> tuple[float, ...]:
    other = set(b)
    return tuple(value for value in a if value in other)


def _on_bounds(h: FloatHistogram, bounds: tuple[float, ...]) -> Sparse:
    """Counts of a custom histogram gathered under fewer bounds."""
    out: Sparse = {}
    for index, count in to_sparse(h.positive_spans, h.positive).items():
        upper = h.custom_values[index] if index < len(h.custom_values) else math.inf
        to = int(np.searchsorted(bounds, upper)) if math.isfinite(upper) else len(bounds)
        out[to] = out.get(to, 0.0) + count
    return out


def _combine_exponential(base: FloatHistogram, a: FloatHistogram, b: FloatHistogram, sign: float) -> FloatHistogram:
    a, b = _agreeing_zero_buckets(a, b)
    schema = min(a.schema, b.schema)
    sides = []
    for positive in (True, False):
        left, right = (_side_at(h, schema, positive=positive) for h in (a, b))
        for index, count in right.items():
            if exponential_bound(index, schema) > a.zero_threshold:
                left[index] = left.get(index, 0.0) + sign * count
        sides.append(from_sparse(left))
    (positive_spans, positive_counts), (negative_spans, negative_counts) = sides
    return replace(
        base,
        schema=schema,
        zero_threshold=a.zero_threshold,
        zero_count=a.zero_count + sign * b.zero_count,
        positive_spans=positive_spans,
        positive=positive_counts,
        negative_spans=negative_spans,
        negative=negative_counts,
    )


def _side_at(h: FloatHistogram, schema: int, *, positive: bool) -> Sparse:
    spans, counts = (h.positive_spans, h.positive) if positive else (h.negative_spans, h.negative)
    return reduce_resolution(to_sparse(spans, counts), h.schema, schema)


def _agreeing_zero_buckets(a: FloatHistogram, b: FloatHistogram) -> tuple[FloatHistogram, FloatHistogram]:
    while a.zero_threshold != b.zero_threshold:
        if a.zero_threshold > b.zero_threshold:
            b = _with_zero_threshold(b, a.zero_threshold)
        if b.zero_threshold > a.zero_threshold:
            a = _with_zero_threshold(a, b.zero_threshold)
    return a, b


def _with_zero_threshold(h: FloatHistogram, threshold: float) -> FloatHistogram:
    """The histogram with a zero bucket at least this wide; wider when a bucket with counts straddles the edge."""
    zero_count, threshold = _widened(h, threshold)
    cut = {
        positive: {
            index: count
            for index, count in _side_at(h, h.schema, positive=positive).items()
            if exponential_bound(index, h.schema) > threshold
        }
        for positive in (True, False)
    }
    positive_spans, positive_counts = from_sparse(cut[True])
    negative_spans, negative_counts = from_sparse(cut[False])
    return replace(
        h,
        zero_threshold=threshold,
        zero_count=zero_count,
        positive_spans=positive_spans,
        positive=positive_counts,
        negative_spans=negative_spans,
        negative=negative_counts,
    )


def _widened(h: FloatHistogram, threshold: float) -> tuple[float, float]:
    if threshold == h.zero_threshold:
        return h.zero_count, threshold
    while True:
        count = h.zero_count
        for bucket in positive_buckets(h):
            if bucket.lower >= threshold:
                break
            count += bucket.count
            if bucket.upper > threshold:
                threshold = bucket.upper if bucket.count != 0 else threshold
                break
        for bucket in negative_buckets(h):
            if bucket.upper <= -threshold:
                return count, threshold
            count += bucket.count
            if bucket.lower < -threshold:
                if bucket.count == 0:
                    return count, threshold
                threshold = -bucket.lower
                break
        else:
            return count, threshold


def _exponential_reset(current: FloatHistogram, previous: FloatHistogram) -> bool:
    if current.schema > previous.schema or current.zero_threshold < previous.zero_threshold:
        return True
    zero_count, threshold = _widened(previous, current.zero_threshold)
    if threshold != current.zero_threshold or current.zero_count < zero_count:
        return True
    return any(_side_reset(current, previous, positive=positive) for positive in (True, False))


def _side_reset(current: FloatHistogram, previous: FloatHistogram, *, positive: bool) -> bool:
    now = _side_at(current, current.schema, positive=positive)
    before = _side_at(previous, current.schema, positive=positive)
    custom = is_custom(current)
    return any(
        count > now.get(index, 0.0)
        for index, count in before.items()
        if custom or exponential_bound(index, current.schema) > current.zero_threshold
    )


def _custom_reset(current: FloatHistogram, previous: FloatHistogram) -> bool:
    bounds = _intersection(current.custom_values, previous.custom_values)
    now, before = _on_bounds(current, bounds), _on_bounds(previous, bounds)
    return any(count > now.get(index, 0.0) for index, count in before.items())


def _exact_sum(values: list[float]) -> float:
    try:
        return math.fsum(values)
    except (OverflowError, ValueError):
        return float(np.sum(values))


def _bits(value: float) -> bytes:
    return np.float64(value).tobytes()
