import math

import pytest

from collector.promql.histograms.quantile import fraction, quantile
from tests.unit.collector.promql.histograms.test_arithmetic import h


def test_exponential_buckets_are_interpolated_on_a_logarithmic_scale() -> None:
    value, remark = quantile(0.5, h("schema:0 count:2 sum:3 buckets:[2] offset:1"))
    assert value == pytest.approx(math.sqrt(2))
    assert remark == ""


def test_custom_buckets_linearly() -> None:
    assert quantile(0.25, h("schema:-53 count:4 sum:3 custom_values:[10 20] buckets:[2 2]"))[0] == 5


def test_the_outer_quantiles() -> None:
    some = h("count:1 sum:1 buckets:[1]")
    assert (quantile(-1, some)[0], quantile(2, some)[0]) == (-math.inf, math.inf)
    assert math.isnan(quantile(0.5, h("count:0"))[0])


def test_observations_that_are_no_numbers_are_mentioned() -> None:
    assert quantile(0.4, h("count:4 sum:NaN buckets:[2]"))[1] == "nan-skew"
    assert quantile(0.9, h("count:4 sum:NaN buckets:[2]"))[1] == "nan-result"


def test_fraction() -> None:
    some = h("schema:-53 count:4 sum:3 custom_values:[10 20] buckets:[2 2]")
    assert fraction(0, 10, some)[0] == 0.5
    assert fraction(15, 20, some)[0] == 0.25
    assert fraction(20, 10, some)[0] == 0
