"""Variables and macros in queries."""

import pytest

from dashboards.model.interpolation import Value, interpolate, macros, references
from dashboards.model.steps import Step
from dashboards.model.timerange import TimeRange

VALUES = {
    "one": Value(("a.b:9100",)),
    "many": Value(("a.b", "c|d"), multi=True),
    "single": Value(("a.b",), multi=True),
    "all": Value(("x", "y"), multi=True, custom_all=".*"),
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('up{i="$one"}', 'up{i="a.b:9100"}'),
        ('up{i="${one}"}', 'up{i="a.b:9100"}'),
        ('up{i="[[one]]"}', 'up{i="a.b:9100"}'),
        ('up{i=~"$many"}', r'up{i=~"(a\\.b|c\\|d)"}'),
        ('up{i=~"$single"}', r'up{i=~"a\\.b"}'),
        ('up{i=~"$all"}', 'up{i=~".*"}'),
        ("${many:pipe}", "a.b|c|d"),
        ("${many:csv}", "a.b,c|d"),
        ("${many:singlequote}", "'a.b','c|d'"),
        ("${many:doublequote}", '"a.b","c|d"'),
        ("${many:regex}", r"(a\.b|c\|d)"),
        ("${many:json}", '["a.b", "c|d"]'),
        ("${many:queryparam}", "var-many=a.b&var-many=c%7Cd"),
        ("${many:lucene}", '("a.b" OR "c|d")'),
        ("${many:text}", "a.b + c|d"),
        ("${one:percentencode}", "a.b%3A9100"),
        ("[[many:pipe]]", "a.b|c|d"),
        ("$unknown ${unknown:csv} $", "$unknown ${unknown:csv} $"),
        ("rate(x[5m]) $1", "rate(x[5m]) $1"),
    ],
)
def test_a_variable_is_filled_in(text: str, expected: str) -> None:
    assert interpolate(text, VALUES) == expected


def test_a_quote_in_a_value_cannot_leave_its_string() -> None:
    assert interpolate('up{i="$x"}', {"x": Value(('a"} or up{b="',))}) == r'up{i="a\"} or up{b=\""}'


def test_a_text_box_is_query_syntax_for_logs() -> None:
    assert interpolate("$q", {"q": Value(("level:error AND x*",))}, "lucene") == "level:error AND x*"


def test_macros_describe_the_query() -> None:
    values = macros(TimeRange(1_000, 3_601_000), Step(30_000, 15_000, 60_000))
    text = "$__interval $__rate_interval ${__range_s} $__range $__interval_ms $__from $__to $__auto_interval_x"
    assert interpolate(text, values) == "15s 1m 3600 3600s 15000 1000 3601000 15s"


def test_references_are_found_in_every_spelling() -> None:
    assert references("$a ${b:csv} [[c]]") == {"a", "b", "c"}
