"""Native histograms made coarser."""

import numpy as np
import pytest

from collector.histogram import CUSTOM_BUCKETS_SCHEMA, FloatHistogram
from collector.scrape.resolution import bounded, coarser, finest_schema

FINE = FloatHistogram(
    schema=2,
    count=15,
    positive_spans=((-3, 2), (2, 3)),  # buckets -3, -2, 1, 2, 3
    positive=np.array([1.0, 2.0, 3.0, 4.0, 5.0]),
    negative_spans=((8, 1),),
    negative=np.array([7.0]),
)


def test_two_buckets_become_one() -> None:
    half = coarser(FINE, 1)  # buckets -1, -1, 1, 1, 2 and 4
    assert (half.schema, half.positive_spans, half.positive.tolist()) == (1, ((-1, 1), (1, 2)), [3.0, 7.0, 5.0])
    assert (half.negative_spans, half.negative.tolist()) == (((4, 1),), [7.0])


def test_several_steps_at_once() -> None:
    once, twice = coarser(FINE, 0), coarser(coarser(FINE, 1), 0)
    assert (once.positive_spans, once.positive.tolist()) == (twice.positive_spans, twice.positive.tolist())


def test_as_coarse_as_the_limit_wants() -> None:
    assert bounded(FINE, 0, 8) is FINE
    assert bounded(FINE, 6, 8) is FINE
    found = bounded(FINE, 4, 8)
    assert found is not None
    assert found.schema == 1
    found = bounded(FINE, 0, 0)
    assert found is not None
    assert found.schema == 0
    assert bounded(FINE, 1, 8) is None


def test_custom_buckets_stay() -> None:
    custom = FloatHistogram(
        schema=CUSTOM_BUCKETS_SCHEMA, positive_spans=((0, 2),), positive=np.array([1.0, 2.0]), custom_values=(1.0,)
    )
    assert bounded(custom, 2, 0) is custom
    assert bounded(custom, 1, 0) is None


@pytest.mark.parametrize(("factor", "schema"), [(0.0, 8), (1.0, 8), (1.1, 2), (2.0, 0), (4.0, -1), (1e9, -4)])
def test_finest_schema(factor: float, schema: int) -> None:
    assert finest_schema(factor) == schema
