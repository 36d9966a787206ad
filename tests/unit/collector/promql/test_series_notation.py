import math

import numpy as np
import pytest

from collector.histogram import CounterReset, FloatHistogram
from collector.promql import ParseError
from collector.promql.series_notation import parse_series_description
from collector.storage.interface import is_stale


def test_labels_and_values() -> None:
    labels, values = parse_series_description("up{job=\"a b}\", x='y'} 1+2x2 _ _x2 5x1 -1 Inf")
    assert labels == {"__name__": "up", "job": "a b}", "x": "y"}
    assert values == [1, 3, 5, None, None, None, 5, 5, -1, math.inf]


def test_stale_markers_keep_their_bits() -> None:
    _, values = parse_series_description("up stale NaN")
    assert is_stale(np.array(values, float)).tolist() == [True, False]


def test_histograms() -> None:
    _, values = parse_series_description(
        "h {{schema:1 count:3 sum:4 buckets:[1 2] offset:-1 counter_reset_hint:gauge}}+{{schema:1 count:1 buckets:[1]}}x1"
    )
    first, second = values
    assert isinstance(first, FloatHistogram)
    assert (first.schema, first.count, first.positive_spans, first.counter_reset) == (
        1,
        3,
        ((-1, 2),),
        CounterReset.GAUGE,
    )
    assert isinstance(second, FloatHistogram)
    assert (second.count, second.positive.tolist()) == (4, [1, 3])


def test_custom_buckets() -> None:
    _, values = parse_series_description("h {{schema:-53 count:3 custom_values:[5 10] buckets:[1 2]}}")
    assert isinstance(values[0], FloatHistogram)
    assert values[0].custom_values == (5, 10)


@pytest.mark.parametrize("text", ["up x", "up{a} 1", "h {{nope:1}}", "h {{count:1"])
def test_errors_have_positions(text: str) -> None:
    with pytest.raises(ParseError, match=r"^1:\d+: parse error"):
        parse_series_description(text)
