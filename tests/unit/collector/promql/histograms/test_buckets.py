import math
import sys

from collector.promql.histograms.buckets import exponential_bound


def test_bounds_have_the_digits_of_prometheus() -> None:
    assert [exponential_bound(index, 1) for index in range(-1, 4)] == [
        0.7071067811865475, 1, 1.414213562373095, 2, 2.82842712474619,
    ]  # fmt: skip
    assert exponential_bound(-1, 3) == 0.9170040432046711
    assert exponential_bound(-3, 2) == 0.5946035575013605


def test_bounds_of_all_schemas_are_those_of_the_finest() -> None:
    for schema in range(8):
        for index in range(-(1 << schema), 1 << schema):
            assert exponential_bound(index, schema) == exponential_bound(index << (8 - schema), 8)


def test_bounds_lie_next_to_the_powers() -> None:
    for index in range(-256, 256):
        assert math.isclose(exponential_bound(index, 8), 2 ** (index / 256), rel_tol=1e-15)


def test_the_last_bounds() -> None:
    assert exponential_bound(1024 << 8, 8) == sys.float_info.max
    assert exponential_bound((1024 << 8) + 1, 8) == math.inf
    assert exponential_bound(256, -2) == sys.float_info.max
