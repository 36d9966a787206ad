import math

import numpy as np
import pytest

from collector.api.numbers import time_text, value_text, value_texts


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, "0"),
        (-0.0, "-0"),
        (1.0, "1"),
        (0.1, "0.1"),
        (1e16, "10000000000000000"),
        (123456789012345680000.0, "123456789012345680000"),
        (1e21, "1e+21"),
        (1e-6, "0.000001"),
        (9e-7, "9e-7"),
        (1.5e-12, "1.5e-12"),
        (math.nan, "NaN"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
        (1e300, "1e+300"),
    ],
)
def test_values_are_written_as_prometheus_does(value: float, expected: str) -> None:
    assert expected == value_text(value)
    assert value_texts(np.array([value, 2.5])) == [expected.encode(), b"2.5"]
    assert value_texts(np.array([value])) == [expected.encode()]


def test_no_values_are_no_texts() -> None:
    assert value_texts(np.zeros(0)) == []


@pytest.mark.parametrize(
    ("ms", "expected"), [(0, "0"), (1500, "1.500"), (1_700_000_000_005, "1700000000.005"), (-1500, "-1.500")]
)
def test_times_are_seconds_with_three_decimals(ms: int, expected: str) -> None:
    assert expected == time_text(ms)
