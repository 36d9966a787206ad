import pytest

from collector.promql import ExecutionError, Parser, ParserOptions
from collector.promql.parser.ast import MatrixSelector
from collector.promql.parser.durations import evaluate_ms, literal_seconds, to_ms

FULL = Parser(ParserOptions(duration_expressions=True))


def value(text: str, *, negative: bool = False) -> int:
    tree = FULL.parse(f"a[{text}]")
    assert isinstance(tree, MatrixSelector)
    assert tree.range_expr is not None
    return evaluate_ms(tree.range_expr, 15_000, 3_600_000, negative=negative)


def test_arithmetic() -> None:
    assert value("5m+5m") == 600_000
    assert value("(1m+30)*2") == 180_000
    assert value("2^3") == 8_000
    assert value("step()*2") == 30_000
    assert value("min_of(range(), 1h30m)") == 3_600_000


def test_a_range_is_greater_than_zero() -> None:
    with pytest.raises(ExecutionError, match="duration must be greater than 0"):
        value("5m-10m")


def test_literals() -> None:
    assert literal_seconds("1h30m") == 5400
    assert literal_seconds("250ms") == 0.25
    with pytest.raises(ValueError, match="not a valid duration string"):
        literal_seconds("1m1h")


def test_nanoseconds_are_rounded_first() -> None:
    assert to_ms(0.0019999999999) == 2
    assert to_ms(-1.5) == -1500
