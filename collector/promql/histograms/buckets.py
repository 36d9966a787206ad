"""Where the buckets of a native histogram lie: spans to indices, indices to bounds, lower resolutions.

Bucket i of an exponential histogram of schema s ends at 2 ** (i * 2 ** -s), upper bound inclusive; a custom one ends at
`custom_values[i]`, the last at +Inf. Source: the native histogram specification.
"""

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from collector.histogram import CUSTOM_BUCKETS_SCHEMA, FloatHistogram

Spans: TypeAlias = tuple[tuple[int, int], ...]
Sparse: TypeAlias = dict[int, float]  # bucket index -> count, ascending


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bucket with its bounds."""

    lower: float
    upper: float
    count: float
    lower_inclusive: bool
    upper_inclusive: bool

    def fraction_below(self, value: float, *, linear: bool) -> float:
        """Which part of the bucket lies below `value`, evenly spread on a linear or a logarithmic scale."""
        if linear:
            return (value - self.lower) / (self.upper - self.lower)
        low, high, at = (math.log2(abs(bound)) if bound else -math.inf for bound in (self.lower, self.upper, value))
        return (at - low) / (high - low) if value > 0 else 1 - (at - high) / (low - high)


def is_custom(h: FloatHistogram) -> bool:
    return h.schema == CUSTOM_BUCKETS_SCHEMA


def indices(spans: Spans) -> list[int]:
    """The bucket index of every count that follows the spans."""
    out: list[int] = []
    at = 0
    for offset, length in spans:
        at += offset
        out.extend(range(at, at + length))
        at += length
    return out


def to_sparse(spans: Spans, counts: NDArray[np.float64]) -> Sparse:
    return dict(zip(indices(spans), counts.tolist(), strict=True))


def from_sparse(sparse: Mapping[int, float]) -> tuple[Spans, NDArray[np.float64]]:
    """Spans and counts of buckets, empty ones included as they are."""
    spans: list[list[int]] = []
    end = 0
    ordered = sorted(sparse)
    for index in ordered:
        if spans and index == end:
            spans[-1][1] += 1
        else:
            spans.append([index - end, 1])
        end = index + 1
    return tuple((offset, length) for offset, length in spans), np.array([sparse[index] for index in ordered], float)


def compact(spans: Spans, counts: NDArray[np.float64]) -> tuple[Spans, NDArray[np.float64]]:
    """Without empty buckets and empty spans."""
    if len(counts) and counts.all() and all(length for _, length in spans) and all(o for o, _ in spans[1:]):
        return spans, counts
    return from_sparse({index: count for index, count in to_sparse(spans, counts).items() if count != 0})


def _fractions() -> tuple[float, ...]:
    """The bounds of schema 8 between 0.5 and 1, those of lower schemas among them.

    Each schema cuts the buckets of the one before in two: the new bounds are the old ones times 2 ** (2 ** -schema), a chain of square roots.
    All steps are rounded as IEEE 754 says, and so give on every machine the bounds by which Prometheus's clients count. The powers of two
    themselves, up to four units in the last place higher, would not do.
    """
    bounds, factor = [0.5, 1 / math.sqrt(2)], math.sqrt(2)
    for _ in range(2, 9):
        factor = math.sqrt(factor)
        bounds = [bound for lower in bounds for bound in (lower, lower * factor)]
    return tuple(bounds)


_FRACTIONS: Final = _fractions()


def exponential_bound(index: int, schema: int) -> float:
    """The upper bound of an exponential bucket; the last regular one ends at the largest float, the next at +Inf."""
    if schema < 0:
        exponent = index << -schema
        return sys.float_info.max if exponent == 1024 else _ldexp(1.0, exponent)
    part = index & ((1 << schema) - 1)
    fraction, exponent = _FRACTIONS[part << (8 - schema)], (index >> schema) + 1
    return sys.float_info.max if fraction == 0.5 and exponent == 1025 else _ldexp(fraction, exponent)


def bound(index: int, h: FloatHistogram) -> float:
    """The upper bound of bucket `index`."""
    if not is_custom(h):
        return exponential_bound(index, h.schema)
    if index < 0:
        return -math.inf
    return h.custom_values[index] if index < len(h.custom_values) else math.inf


def positive_buckets(h: FloatHistogram) -> list[Bucket]:
    """Ascending; empty ones included."""
    custom = is_custom(h)
    out = []
    for index, count in to_sparse(h.positive_spans, h.positive).items():
        lower, upper = bound(index - 1, h), bound(index, h)
        inclusive = index == 0 if custom else lower < 0
        out.append(Bucket(lower, upper, count, inclusive, True if custom else upper > 0))
    return out


def negative_buckets(h: FloatHistogram) -> list[Bucket]:
    """From the one next to zero downwards."""
    return [
        Bucket(-bound(index, h), -bound(index - 1, h), count, True, False)
        for index, count in to_sparse(h.negative_spans, h.negative).items()
    ]


def zero_bucket(h: FloatHistogram) -> Bucket:
    return Bucket(-h.zero_threshold, h.zero_threshold, h.zero_count, True, True)


def all_buckets(h: FloatHistogram) -> list[Bucket]:
    """All buckets in ascending order; those that reach into the zero bucket are cut at its edge."""
    negative = list(reversed([_cut(b, h.zero_threshold) for b in negative_buckets(h)]))
    middle = [zero_bucket(h)] if h.zero_count > 0 else []
    return negative + middle + [_cut(b, h.zero_threshold) for b in positive_buckets(h)]


def shown_buckets(h: FloatHistogram) -> list[tuple[int, float, float, float]]:
    """`(rule, lower, upper, count)` of the buckets that are not empty, as the HTTP API shows them.

    Rule 0: only the upper bound belongs to the bucket, 1: only the lower, 2: neither, 3: both.
    """
    rules = {(False, True): 0, (True, False): 1, (False, False): 2, (True, True): 3}
    return [
        (rules[b.lower_inclusive, b.upper_inclusive], b.lower, b.upper, b.count) for b in all_buckets(h) if b.count != 0
    ]


def reduce_resolution(sparse: Mapping[int, float], schema: int, target: int) -> Sparse:
    """Buckets merged into those of a coarser schema."""
    shift = schema - target
    out: Sparse = {}
    for index, count in sparse.items():
        to = ((index - 1) >> shift) + 1
        out[to] = out.get(to, 0.0) + count
    return out


def _cut(b: Bucket, threshold: float) -> Bucket:
    if b.lower >= 0 and b.lower < threshold:
        return Bucket(threshold, b.upper, b.count, b.lower_inclusive, b.upper_inclusive)
    if b.upper <= 0 and b.upper > -threshold:
        return Bucket(b.lower, -threshold, b.count, b.lower_inclusive, b.upper_inclusive)
    return b


def _ldexp(fraction: float, exponent: int) -> float:
    try:
        return math.ldexp(fraction, exponent)
    except OverflowError:
        return math.inf
