import math
from dataclasses import dataclass
from typing import Any

import pytest

from pharos.gotemplate.gofmt import sprint, sprintf, sprintln


@pytest.mark.parametrize(
    ("template", "values", "expected"),
    [
        ("%v %s %d", (1.0, "a", 3), "1 a 3"),
        ("%v %v %v", (1e6, 123456789.0, 0.1), "1e+06 1.23456789e+08 0.1"),
        ("%v %v %v", (1e-5, 1e20, 100000.0), "1e-05 1e+20 100000"),
        (
            "%.2f|%8.3f|%-8.1f|%08.3f|%+.1f",
            (1.005, 3.14159, 2.0, -3.14159, 2.0),
            "1.00|   3.142|2.0     |-003.142|+2.0",
        ),
        ("%e %.1e %E", (123456.0, 0.00123, 1.0), "1.234560e+05 1.2e-03 1.000000E+00"),
        ("%.4g %.3g %g %G", (123456.0, 0.00001234, 1e21, 1e-7), "1.235e+05 1.23e-05 1e+21 1E-07"),
        ("%f %g %v", (math.inf, -math.inf, math.nan), "+Inf -Inf NaN"),
        (
            "%5d|%-5d|%05d|%+d|% d|%x|%X|%o|%b|%#x",
            (42, 42, -42, 42, 42, 255, 255, 8, 5, 255),
            "   42|42   |-0042|+42| 42|ff|FF|10|101|0xff",
        ),
        ("%c %q %U", (65, 65, 0x1F600), "A 'A' U+1F600"),
        ("%q %+q %#q", ('a"b\n', "é", "raw"), '"a\\"b\\n" "\\u00e9" `raw`'),
        ("%x % x %X", ("hi", "hi", "hi"), "6869 68 69 6869"),
        ("%5s|%-5s|%.2s", ("ab", "ab", "abcdef"), "   ab|ab   |ab"),
        ("%t %v %5t", (True, False, True), "true false  true"),
        ("%T %T %T %T", (1, 1.5, "a", None), "int float64 string <nil>"),
        ("%v %v", ({"b": "1", "a": "2"}, [1, "x", None]), "map[a:2 b:1] [1 x <nil>]"),
        ("%[2]d %[1]d", (1, 2), "2 1"),
        ("%*d|%.*f", (5, 1, 2, 3.14159), "    1|3.14"),
        ("100%%", (), "100%"),
        ("%d", ("hi",), "%!d(string=hi)"),
        ("%s", (5,), "%!s(int=5)"),
        ("%d %d", (1,), "1 %!d(MISSING)"),
        ("a", (1, "b"), "a%!(EXTRA int=1, string=b)"),
        ("%", (), "%!(NOVERB)"),
        ("%x", (1.5,), "0x1.8p+00"),
        ("%s", (None,), "%!s(<nil>)"),
    ],
)
def test_sprintf(template: str, values: tuple[Any, ...], expected: str) -> None:
    assert expected == sprintf(template, *values)


def test_sprint_puts_blanks_between_values_that_are_no_texts() -> None:
    assert sprint(1, 2, "a", "b", 3.5, True) == "1 2ab3.5 true"
    assert sprintln("a", 1) == "a 1\n"


def test_a_struct_is_printed_in_braces() -> None:
    @dataclass
    class Pair:
        Name: str
        Value: float

    assert sprintf("%v %+v", Pair("a", 1.0), Pair("a", 1.0)) == "{a 1} {Name:a Value:1}"
