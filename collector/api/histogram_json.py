"""A native histogram as the API shows it: count, sum, and the buckets that hold something.

Bucket rule: 0 for (lower, upper], 1 for [lower, upper), 2 open at both ends, 3 closed at both.
"""

import math
from collections.abc import Iterator

import numpy as np

from collector.api.numbers import value_text
from collector.histogram import CUSTOM_BUCKETS_SCHEMA, FloatHistogram
from collector.promql.histograms.buckets import exponential_bound

Bucket = tuple[int, float, float, float]  # rule, lower, upper, count


def histogram_json(histogram: FloatHistogram) -> dict[str, object]:
    """The JSON object of one histogram."""
    shown: dict[str, object] = {"count": value_text(histogram.count), "sum": value_text(histogram.sum)}
    rows = [
        [rule, value_text(lower), value_text(upper), value_text(count)]
        for rule, lower, upper, count in buckets(histogram)
        if count != 0
    ]
    if rows:
        shown["buckets"] = rows
    return shown


def buckets(histogram: FloatHistogram) -> Iterator[Bucket]:
    """All buckets, lowest first."""
    if histogram.schema == CUSTOM_BUCKETS_SCHEMA:
        yield from _custom(histogram)
        return
    negative = list(_indexed(histogram.negative_spans, histogram.negative))
    for index, count in reversed(negative):
        yield 1, -exponential_bound(index, histogram.schema), -exponential_bound(index - 1, histogram.schema), count
    if histogram.zero_count > 0:
        yield 3, -histogram.zero_threshold, histogram.zero_threshold, histogram.zero_count
    for index, count in _indexed(histogram.positive_spans, histogram.positive):
        yield 0, exponential_bound(index - 1, histogram.schema), exponential_bound(index, histogram.schema), count


def _custom(histogram: FloatHistogram) -> Iterator[Bucket]:
    bounds = (-math.inf, *histogram.custom_values, math.inf)
    for index, count in _indexed(histogram.positive_spans, histogram.positive):
        yield 3 if index == 0 else 0, bounds[index], bounds[index + 1], count


def _indexed(
    spans: tuple[tuple[int, int], ...], counts: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> Iterator[tuple[int, float]]:
    index, position = 0, 0
    values = counts.tolist()
    for offset, length in spans:
        index += offset
        for _ in range(length):
            yield index, values[position]
            index, position = index + 1, position + 1
