import numpy as np

from collector.api.histogram_json import histogram_json
from collector.histogram import CUSTOM_BUCKETS_SCHEMA, FloatHistogram
from collector.promql.histograms.buckets import exponential_bound


def test_exponential_buckets_from_the_lowest_up() -> None:
    histogram = FloatHistogram(
        schema=0,
        count=6,
        sum=3.5,
        zero_threshold=0.25,
        zero_count=1,
        positive_spans=((0, 1), (1, 1)),
        positive=np.array([2.0, 1.0]),
        negative_spans=((0, 2),),
        negative=np.array([0.0, 2.0]),
    )
    assert histogram_json(histogram) == {
        "count": "6",
        "sum": "3.5",
        "buckets": [
            [1, "-2", "-1", "2"],
            [3, "-0.25", "0.25", "1"],
            [0, "0.5", "1", "2"],
            [0, "2", "4", "1"],
        ],
    }


def test_custom_buckets_are_open_below_and_above() -> None:
    histogram = FloatHistogram(
        schema=CUSTOM_BUCKETS_SCHEMA,
        count=3,
        sum=9,
        positive_spans=((0, 3),),
        positive=np.array([1.0, 1.0, 1.0]),
        custom_values=(1.0, 5.0),
    )
    assert histogram_json(histogram)["buckets"] == [
        [3, "-Inf", "1", "1"],
        [0, "1", "5", "1"],
        [0, "5", "+Inf", "1"],
    ]


def test_an_empty_histogram_has_no_buckets() -> None:
    assert histogram_json(FloatHistogram()) == {"count": "0", "sum": "0"}


def test_bounds_of_schemas() -> None:
    assert exponential_bound(1, 0) == 2.0
    assert exponential_bound(1, -1) == 4.0
    assert exponential_bound(2, 1) == 2.0
    assert exponential_bound(-1, 0) == 0.5
