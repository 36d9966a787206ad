"""Durations in a query: literals such as `1h30m`, and arithmetic on them that is known when the query is run."""

import math
import re
from collections.abc import Callable
from typing import Final

from collector.promql.errors import ExecutionError
from collector.promql.parser.ast import DurationExpr, DurationOperand, NumberLiteral

_UNITS_MS: Final = {
    "y": 31_536_000_000,
    "w": 604_800_000,
    "d": 86_400_000,
    "h": 3_600_000,
    "m": 60_000,
    "s": 1_000,
    "ms": 1,
}
_PATTERN: Final = re.compile(
    r"(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?", re.ASCII
)
_PARTS: Final = re.compile(r"([0-9]+)([^0-9]*)")
_NO_DURATION: Final = "not a valid duration string: "
LIMIT_S: Final = 2**63 / 1e9  # what Go's time.Duration holds


def literal_seconds(text: str) -> float:
    """Seconds of a duration literal. Raises `ValueError` with Prometheus's words."""
    match = _PATTERN.fullmatch(text)
    if match is None or not any(match.groups()):
        raise ValueError(_fault(text))
    total = sum(int(count) * size for count, size in zip(match.groups(), _UNITS_MS.values(), strict=True) if count)
    if total * 1_000_000 > 2**63 - 1:
        raise ValueError("duration out of range")
    return total / 1000


def _fault(text: str) -> str:
    """What is wrong with a literal: its first part with a unit that there is not, or the whole."""
    for _, unit in _PARTS.findall(text):
        if unit not in _UNITS_MS:
            return f"unknown unit {quoted(unit)} in duration {quoted(text)}" if unit else _NO_DURATION + quoted(text)
    return _NO_DURATION + quoted(text)


def quoted(text: str) -> str:
    return f'"{text}"'


def out_of_range(seconds: float) -> bool:
    """Whether a number of seconds does not fit a Go duration."""
    return seconds > LIMIT_S or seconds < -LIMIT_S


def to_ms(seconds: float) -> int:
    """Seconds to whole milliseconds by way of rounded nanoseconds, as Prometheus does."""
    if not math.isfinite(seconds):
        return 0
    nanos = math.floor(seconds * 1e9 + 0.5) if seconds >= 0 else -math.floor(-seconds * 1e9 + 0.5)
    return math.trunc(nanos / 1_000_000) if abs(nanos) < 2**53 else (abs(nanos) // 1_000_000) * (1 if nanos > 0 else -1)


def _power(base: float, exponent: float) -> float:
    try:
        result = base**exponent
    except (OverflowError, ZeroDivisionError):
        return math.inf
    return result if isinstance(result, float) else math.nan


_OPERATORS: Final[dict[str, Callable[[float, float], float]]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "%": math.fmod,
    "^": _power,
    "min_of": min,
    "max_of": max,
}


def evaluate_ms(expr: DurationExpr, step_ms: int, range_ms: int, *, negative: bool) -> int:
    """The value of a duration expression in a query with this step and range. Raises `ExecutionError`."""
    seconds = _value(expr, step_ms / 1000, range_ms / 1000)
    where = f"{expr.span.start}:{expr.span.end}"
    if not math.isfinite(seconds):
        raise ExecutionError(f"{where}: duration is NaN or infinite", expr.span)
    if seconds <= 0 and not negative:
        raise ExecutionError(f"{where}: duration must be greater than 0", expr.span)
    if out_of_range(seconds):
        raise ExecutionError(f"{where}: duration is out of range", expr.span)
    return math.trunc(seconds * 1000)


def _value(expr: DurationOperand, step_s: float, range_s: float) -> float:
    if isinstance(expr, NumberLiteral):
        return expr.value
    if expr.op == "step":
        return step_s
    if expr.op == "range":
        return range_s
    right = _value(expr.rhs, step_s, range_s) if expr.rhs is not None else 0.0
    if expr.lhs is None:
        return -right if expr.op == "-" else right
    left = _value(expr.lhs, step_s, range_s)
    if right == 0 and expr.op in "/%":
        reason = "division by zero" if expr.op == "/" else "modulo by zero"
        raise ExecutionError(f"{expr.span.start}:{expr.span.end}: {reason}", expr.span)
    return _OPERATORS[expr.op](left, right)
