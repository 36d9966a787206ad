"""Quantiles and fractions of one native histogram. Inside a bucket values count as evenly spread, on a logarithmic scale when the
bucket is exponential."""

import math
from dataclasses import replace
from typing import Literal, TypeAlias

from collector.histogram import FloatHistogram
from collector.promql.histograms.buckets import Bucket, all_buckets, is_custom

Remark: TypeAlias = Literal["", "nan-result", "nan-skew", "nan-excluded"]


def quantile(q: float, h: FloatHistogram) -> tuple[float, Remark]:
    """The value below which a part `q` of the observations lies, and what the reader should know about it."""
    if q < 0:
        return -math.inf, ""
    if q > 1:
        return math.inf, ""
    if h.count == 0 or math.isnan(q):
        return math.nan, ""
    has_nan = math.isnan(h.sum)
    upwards = has_nan or q < 0.5
    buckets = all_buckets(h) if upwards else list(reversed(all_buckets(h)))
    rank = q * h.count if upwards else (1 - q) * h.count
    bucket, seen, position = _bucket_at(buckets, rank)
    if not is_custom(h):
        bucket = _one_sided_zero(bucket, h, strict=True)
    elif bucket.lower == -math.inf:
        if bucket.upper <= 0:
            return bucket.upper, ""
        bucket = replace(bucket, lower=0.0)
    elif bucket.upper == math.inf:
        return bucket.lower, ""
    seen = min(seen, h.count)
    if seen < rank:
        return (math.nan, "nan-result") if has_nan else (bucket.upper, "")
    rank = rank - (seen - bucket.count) if upwards else seen - rank
    remark: Remark = ""
    if has_nan and seen + sum(b.count for b in buckets[position + 1 :]) < h.count:
        remark = "nan-skew"
    return _inside(bucket, rank / bucket.count, linear=is_custom(h)), remark


def fraction(lower: float, upper: float, h: FloatHistogram) -> tuple[float, Remark]:
    """Which part of the observations lies between two values."""
    if h.count == 0 or math.isnan(lower) or math.isnan(upper):
        return math.nan, ""
    if lower >= upper:
        return 0.0, ""
    buckets = all_buckets(h)
    ranks = [_rank_of(edge, buckets, h) for edge in (lower, upper)]
    count, remark = h.count, ""
    if math.isnan(h.sum):
        count = sum(b.count for b in buckets)
        remark = "nan-excluded" if count < h.count else ""
    low, high = (count if rank is None or rank > count else rank for rank in ranks)
    return (high - low) / h.count, "nan-excluded" if remark else ""


def _bucket_at(buckets: list[Bucket], rank: float) -> tuple[Bucket, float, int]:
    seen = 0.0
    bucket = Bucket(0.0, 0.0, 0.0, False, False)
    position = -1
    for position, bucket in enumerate(buckets):  # noqa: B007  (the last one is wanted when none is far enough)
        if bucket.count == 0:
            continue
        seen += bucket.count
        if seen >= rank:
            break
    return bucket, seen, position


def _one_sided_zero(bucket: Bucket, h: FloatHistogram, *, strict: bool) -> Bucket:
    """A zero bucket is cut in half when all other observations lie on one side of it."""
    around = bucket.lower < 0 < bucket.upper if strict else bucket.lower <= 0 <= bucket.upper
    if around and len(h.negative) == 0 and len(h.positive) > 0:
        return replace(bucket, lower=0.0)
    if around and len(h.positive) == 0 and len(h.negative) > 0:
        return replace(bucket, upper=0.0)
    return bucket


def _inside(bucket: Bucket, part: float, *, linear: bool) -> float:
    if linear or bucket.lower <= 0 <= bucket.upper:
        return bucket.lower + (bucket.upper - bucket.lower) * part
    low, high = math.log2(abs(bucket.lower)), math.log2(abs(bucket.upper))
    if bucket.lower > 0:
        return float(2 ** (low + (high - low) * part))
    return -float(2 ** (high + (low - high) * (1 - part)))


def _rank_of(edge: float, buckets: list[Bucket], h: FloatHistogram) -> float | None:
    """How many observations lie below `edge`; None when it is beyond the last bucket."""
    rank = 0.0
    for original in buckets:
        in_zero = original.lower <= 0 <= original.upper
        bucket = _one_sided_zero(original, h, strict=False)
        if bucket.lower >= edge:
            return rank
        if bucket.upper > edge:
            linear = is_custom(h) or in_zero
            if linear and bucket.lower == -math.inf:
                return bucket.count
            return rank + bucket.count * bucket.fraction_below(edge, linear=linear)
        rank += bucket.count
    return None
