"""Numbers with units. The browser's formatter is held to the same cases by the browser tests."""

import math

import pytest

from dashboards.model.units import UNITS, format_value
from tests.support.unit_cases import UNIT_CASES


@pytest.mark.parametrize(("value", "unit", "decimals", "expected"), UNIT_CASES)
def test_a_value_is_written(value: float, unit: str, decimals: int | None, expected: str) -> None:
    assert format_value(value, unit, decimals) == expected


@pytest.mark.parametrize("unit", UNITS)
def test_every_unit_writes_something(unit: str) -> None:
    assert format_value(12345.678, unit)


def test_what_is_no_number_is_said() -> None:
    assert format_value(math.nan) == "NaN"
    assert format_value(math.inf, "bytes") == "∞"
    assert format_value(0, "dateTimeAsIso") == "1970-01-01 00:00:00"
