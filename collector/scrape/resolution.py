"""Limits of native histograms: their resolution is halved until it is coarse enough and the buckets are few enough.

Source: the native histogram specification; a bucket of schema s is half of a bucket of schema s - 1.
"""

import dataclasses
import math
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from collector.histogram import CUSTOM_BUCKETS_SCHEMA, FloatHistogram

FINEST: Final = 8
COARSEST: Final = -4
_DEFAULT_FACTOR: Final = 1.00271  # finer than schema 8

_Spans: TypeAlias = tuple[tuple[int, int], ...]


def finest_schema(min_bucket_factor: float) -> int:
    """The finest schema whose buckets grow at least by this factor."""
    factor = min_bucket_factor if min_bucket_factor > 1 else _DEFAULT_FACTOR
    return max(COARSEST, min(FINEST, math.floor(-math.log2(math.log2(factor)))))


def bounded(histogram: FloatHistogram, bucket_limit: int, max_schema: int) -> FloatHistogram | None:
    """The histogram, coarser where need be; `bucket_limit` 0: any number. None: no resolution is coarse enough."""
    if histogram.schema == CUSTOM_BUCKETS_SCHEMA:
        return None if bucket_limit and bucket_count(histogram) > bucket_limit else histogram
    if histogram.schema > max_schema:
        histogram = coarser(histogram, max_schema)
    while bucket_limit and bucket_count(histogram) > bucket_limit:
        if histogram.schema <= COARSEST:
            return None
        histogram = coarser(histogram, histogram.schema - 1)
    return histogram


def bucket_count(histogram: FloatHistogram) -> int:
    """Empty buckets do not count."""
    return int(np.count_nonzero(histogram.positive) + np.count_nonzero(histogram.negative))


def coarser(histogram: FloatHistogram, schema: int) -> FloatHistogram:
    """The same observations in the buckets of a smaller schema."""
    halvings = histogram.schema - schema
    positive_spans, positive = _merged(histogram.positive_spans, histogram.positive, halvings)
    negative_spans, negative = _merged(histogram.negative_spans, histogram.negative, halvings)
    return dataclasses.replace(
        histogram,
        schema=schema,
        positive_spans=positive_spans,
        positive=positive,
        negative_spans=negative_spans,
        negative=negative,
    )


def _merged(spans: _Spans, counts: NDArray[np.float64], halvings: int) -> tuple[_Spans, NDArray[np.float64]]:
    if not len(counts):
        return (), counts
    numbers = ((_bucket_numbers(spans) - 1) >> halvings) + 1
    buckets, place = np.unique(numbers, return_inverse=True)
    merged = np.zeros(len(buckets))
    np.add.at(merged, place, counts)
    breaks = np.flatnonzero(np.diff(buckets) > 1) + 1
    runs = np.split(buckets, breaks)
    before = [0, *(int(run[-1]) + 1 for run in runs[:-1])]
    return tuple((int(run[0]) - end, len(run)) for run, end in zip(runs, before, strict=True)), merged


def _bucket_numbers(spans: _Spans) -> NDArray[np.int64]:
    numbers: list[int] = []
    end = 0
    for offset, length in spans:
        numbers.extend(range(end + offset, end + offset + length))
        end += offset + length
    return np.array(numbers, np.int64)
