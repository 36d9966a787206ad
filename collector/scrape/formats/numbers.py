"""Numbers as the exposition formats write them: Go's `strconv.ParseFloat` without hexadecimals and underscores."""

import math
import re

from pharos.exposition import format_value
from pharos.gotemplate.gofmt import quote

_NUMBER = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
# Here Go takes more than in the value of a sample.
_BETWEEN_DIGITS = re.compile(r"(?<=[0-9])_(?=[0-9])")
_HEXADECIMAL = re.compile(
    r"[+-]?0[xX](?:_?[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][+-]?[0-9]{1,3}", re.ASCII
)
_UNSUPPORTED = re.compile(rb"[pP_]")
_MAX_INTEGER = 2**63 - 1
_INFINITE = re.compile(rb"[+-]?inf(?:inity)?", re.IGNORECASE)


def parse_float(text: bytes) -> float:
    """The value of a number. Raises `ValueError` with Go's words, also when it does not fit."""
    if _NUMBER.fullmatch(text) is not None:
        value = float(text)
        if math.isinf(value):
            raise ValueError(f"{_parsing('Float', text)}: value out of range")
        return value
    if text.lower() == b"nan":
        return math.nan
    if _INFINITE.fullmatch(text) is not None:
        return float(text)
    if _UNSUPPORTED.search(text) is not None:
        raise ValueError("unsupported character in float")
    raise ValueError(f"{_parsing('Float', text)}: invalid syntax")


def parse_integer(digits: bytes) -> int:
    """A number of 63 bits. Raises `ValueError` when it has more."""
    value = int(digits)
    if value > _MAX_INTEGER:
        raise ValueError(f"{_parsing('Int', digits)}: value out of range")
    return value


def _parsing(kind: str, text: bytes) -> str:
    return f"strconv.Parse{kind}: parsing {quote(text.decode(errors='surrogateescape'))}"


def normal_float(text: str) -> str:
    """`1` as `1.0`: how `le` and `quantile` are written in OpenMetrics. Text that is no number stays."""
    try:
        value = parse_float(_BETWEEN_DIGITS.sub("", text).encode())
    except ValueError:
        if not _HEXADECIMAL.fullmatch(text):
            return text
        value = float.fromhex(text.replace("_", ""))
    shown = format_value(value)
    return shown if any(char in shown for char in ".eIN") else f"{shown}.0"
