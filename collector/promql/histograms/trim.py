"""`histogram </ x` and `histogram >/ x`: cut away what lies above or below a value; count and sum are estimated anew."""

import math
from dataclasses import replace

import numpy as np

from collector.histogram import FloatHistogram
from collector.promql.histograms.arithmetic import compacted
from collector.promql.histograms.buckets import Bucket, is_custom, negative_buckets, positive_buckets, zero_bucket


def trim(h: FloatHistogram, edge: float, *, keep_below: bool) -> FloatHistogram:
    """Keep the observations below (`</`) or above (`>/`) `edge`; buckets across it are split."""
    linear = is_custom(h)
    sides = [
        [_kept(b, edge, keep_below=keep_below, positive=positive, linear=linear) for b in buckets]
        for positive, buckets in ((True, positive_buckets(h)), (False, negative_buckets(h)))
    ]
    zero, zero_middle = h.zero_count, 0.0
    if h.zero_count > 0:
        has = [bool(counts.any()) for counts in (h.positive, h.negative)]
        zero, zero_middle = _kept_zero(zero_bucket(h), edge, keep_below=keep_below, positive=has[0], negative=has[1])
    positive, negative = (np.array([count for count, _ in side], float) for side in sides)
    if zero == h.zero_count and np.array_equal(positive, h.positive) and np.array_equal(negative, h.negative):
        return h
    kept = [*sides[0], *sides[1]] + ([(zero, zero_middle)] if h.zero_count > 0 else [])
    total = sum(middle * count for count, middle in kept)
    count = sum(count for count, _ in kept)
    return compacted(
        replace(h, count=count, sum=total, zero_count=zero, positive=positive, negative=negative, integer=False)
    )


def _kept(b: Bucket, edge: float, *, keep_below: bool, positive: bool, linear: bool) -> tuple[float, float]:
    """The count that stays of a bucket and the middle of the part that stays."""
    if b.count == 0:
        return 0.0, 0.0
    whole = b.upper <= edge if keep_below else b.lower >= edge
    if whole:
        return b.count, _middle(b.lower, b.upper, positive=positive, linear=linear)
    if not (b.lower < edge if keep_below else b.upper > edge):
        return 0.0, 0.0
    if math.isinf(b.lower) or math.isinf(b.upper):
        return _kept_infinite(b, edge, keep_below=keep_below)
    inside = b.lower < edge < b.upper
    below = b.count * b.fraction_below(edge, linear=linear) if inside else b.count * (edge >= b.upper)
    if keep_below:
        return below, _middle(b.lower, edge, positive=positive, linear=linear)
    return b.count - below, _middle(edge, b.upper, positive=positive, linear=linear)


def _kept_infinite(b: Bucket, edge: float, *, keep_below: bool) -> tuple[float, float]:
    if b.lower != -math.inf:
        if keep_below or edge < b.lower:
            return 0.0, _finite(b.lower)
        return b.count, edge
    inside = 0 < edge < b.upper < math.inf
    if keep_below:
        if edge >= b.upper:
            return b.count, 0.0
        if inside:
            return b.count * edge / b.upper, edge / 2
        return (b.count, edge) if b.upper <= 0 else (0.0, _finite(b.upper))
    if edge <= b.lower:
        return b.count, 0.0
    if 0 <= edge < b.upper < math.inf:
        return b.count * (1 - edge / b.upper), (edge + b.upper) / 2
    return 0.0, _finite(b.upper)


def _kept_zero(b: Bucket, edge: float, *, keep_below: bool, positive: bool, negative: bool) -> tuple[float, float]:
    lower = 0.0 if positive and not negative else b.lower
    upper = 0.0 if negative and not positive else b.upper
    if edge <= lower:
        return (0.0, 0.0) if keep_below else (b.count, (lower + upper) / 2)
    if edge >= upper:
        return (b.count, (lower + upper) / 2) if keep_below else (0.0, 0.0)
    if keep_below:
        return b.count * (edge - lower) / (upper - lower), (lower + edge) / 2
    return b.count * (upper - edge) / (upper - lower), (edge + upper) / 2


def _middle(lower: float, upper: float, *, positive: bool, linear: bool) -> float:
    if math.isinf(lower):
        if math.isinf(upper):
            return 0.0
        return upper / 2 if upper > 0 else upper
    if math.isinf(upper):
        return lower
    if linear:
        return (lower + upper) / 2
    geometric = math.sqrt(abs(lower * upper))
    return geometric if positive else -geometric


def _finite(value: float) -> float:
    return 0.0 if math.isinf(value) else value
