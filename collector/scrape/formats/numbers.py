"""Numbers as the exposition formats write them: Go's `strconv.ParseFloat` without hexadecimals and underscores."""

import math
import re

from pharos.exposition import format_value

_NUMBER = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_INFINITE = re.compile(rb"[+-]?inf(?:inity)?", re.IGNORECASE)


def parse_float(text: bytes) -> float:
    """The value of a number. Raises `ValueError`, also when it does not fit."""
    if _NUMBER.fullmatch(text) is not None:
        value = float(text)
        if math.isinf(value):
            raise ValueError(f"value out of range: {text.decode(errors='replace')}")
        return value
    if text.lower() == b"nan":
        return math.nan
    if _INFINITE.fullmatch(text) is not None:
        return float(text)
    raise ValueError(f"invalid number: {text.decode(errors='replace')}")


def normal_float(text: str) -> str:
    """`1` as `1.0`: how `le` and `quantile` are written in OpenMetrics. Text that is no number stays."""
    try:
        value = parse_float(text.encode())
    except ValueError:
        return text
    shown = format_value(value)
    return shown if any(char in shown for char in ".eIN") else f"{shown}.0"
