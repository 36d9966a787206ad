import math

import pytest

from collector.ruletest.samples import Shown, exponent, labels_text, listed, same


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, "1E+00"),
        (0, "0E+00"),
        (-1250, "-1.25E+03"),
        (0.1, "1E-01"),
        (1e21, "1E+21"),
        (math.nan, "NaN"),
        (math.inf, "+Inf"),
    ],
)
def test_values_carry_an_exponent(value: float, expected: str) -> None:
    assert expected == exponent(value)


def test_labels_that_need_quotes() -> None:
    assert labels_text({"b c": "x", "a": 'q"'}) == '{a="q\\"", "b c"="x"}'


def test_comparison_is_exact_unless_fuzzy() -> None:
    a, b = [Shown((), 0.1 + 0.2)], [Shown((), 0.3)]
    assert not same(a, b, fuzzy=False)
    assert same(a, b, fuzzy=True)
    assert same([Shown((), math.nan)], [Shown((), math.nan)], fuzzy=False)
    assert listed([]) == "nil"
