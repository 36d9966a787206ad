import pytest

from collector.promql import Parser, ParserOptions
from collector.promql.parser import pretty, to_text

FULL = Parser(ParserOptions(True, True, True, True))


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ('a{ b = "c" , }', 'a{b="c"}'),
        ("sum( a )by(b)", "sum by (b) (a)"),
        ("sum(a) without(b, `c d`)", 'sum without (b, "c d") (a)'),
        ("a+on(b)group_left c", "a + on (b) group_left () c"),
        ("a > bool 1", "a > bool 1"),
        ("a[5m]offset 1h @ start()", "a[5m] @ start() offset 1h"),
        ("a[90s:1m]", "a[1m30s:1m]"),
        ("1e3", "1000"),
        ("-5m", "-5m"),
        ("'x\"y'", '"x\\"y"'),
        ("topk(3,a)", "topk(3, a)"),
        ("a offset (1m+step())", "a offset (1m + step())"),
        ("a + fill_left(1) b", "a + fill_left (1) b"),
        ("rate(a[5m] smoothed)", "rate(a[5m] smoothed)"),
    ],
)
def test_normal_form(text: str, normal: str) -> None:
    printed = to_text(FULL.parse(text))
    assert printed == normal
    assert to_text(FULL.parse(printed)) == printed


def test_long_expressions_are_broken_into_lines() -> None:
    text = f"sum by (job) (rate({'a' * 60}[5m])) / sum by (job) (rate({'b' * 60}[5m]))"
    expected = f"  sum by (job) (rate({'a' * 60}[5m]))\n/\n  sum by (job) (rate({'b' * 60}[5m]))"
    assert pretty(FULL.parse(text)) == expected
