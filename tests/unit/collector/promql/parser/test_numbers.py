import math

import pytest

from collector.promql.parser.numbers import format_float, parse_number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("0x1f", 31),
        ("017", 15),
        ("1e3", 1000),
        (".5", 0.5),
        ("5.", 5),
        ("1_000", 1000),
        ("Inf", math.inf),
        ("-iNf", -math.inf),
    ],
)
def test_numbers(text: str, value: float) -> None:
    assert parse_number(text) == value


@pytest.mark.parametrize("text", ["1e400", "1_0.5", "x", "1" * 5000])
def test_bad_numbers(text: str) -> None:
    with pytest.raises(ValueError, match="error parsing number"):
        parse_number(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (0.1, "0.1"),
        (1e21, "1000000000000000000000"),
        (1.5e-7, "0.00000015"),
        (-1234.5, "-1234.5"),
        (math.inf, "+Inf"),
        (math.nan, "NaN"),
    ],
)
def test_go_prints_floats_like_this(value: float, text: str) -> None:
    assert format_float(value) == text
