"""Numbers as PromQL writes and Go prints them."""

import math
import re
from typing import Final

_INTEGER: Final = re.compile(
    r"[+-]?(?:0[xX](?:_?[0-9a-fA-F])+|0[oO]?(?:_?[0-7])+|0[bB](?:_?[01])+|[1-9](?:_?\d)*|0)", re.ASCII
)

_LONGEST: Final = 200  # characters; more digits are a float, if anything


def parse_number(text: str) -> float:
    """`1_000`, `0x1f`, `017` (octal), `1e3`, `Inf`, `NaN`. Raises `ValueError` with Prometheus's words."""
    if len(text) <= _LONGEST and _INTEGER.fullmatch(text):
        whole = _integer(text.replace("_", ""))
        if -(2**63) <= whole < 2**63:
            return float(whole)
    try:
        value = float.fromhex(text) if text[:2].lower() == "0x" else float(_plain(text))
    except (ValueError, OverflowError):
        raise ValueError(f'error parsing number: strconv.ParseFloat: parsing "{text}": invalid syntax') from None
    if math.isinf(value) and "inf" not in text.lower():
        raise ValueError(f'error parsing number: strconv.ParseFloat: parsing "{text}": value out of range')
    return value


def _plain(text: str) -> str:
    # Go takes underscores in numbers only behind a base prefix.
    if "_" in text:
        raise ValueError(text)
    return text


def _integer(text: str) -> int:
    sign = -1 if text.startswith("-") else 1
    digits = text.lstrip("+-")
    if len(digits) > 1 and digits[0] == "0" and digits[1].isdigit():
        return sign * int(digits, 8)
    return sign * int(digits, 0)


def format_float(value: float) -> str:
    """Go's `strconv.FormatFloat(value, 'f', -1, 64)`: shortest digits that read back the same, never an exponent."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    text = repr(value)
    if "e" not in text:
        return text[:-2] if text.endswith(".0") else text
    mantissa, exponent = text.split("e")
    sign, digits = ("-", mantissa[1:]) if mantissa.startswith("-") else ("", mantissa)
    whole, _, fraction = digits.partition(".")
    point = len(whole) + int(exponent)
    figures = whole + fraction
    if point <= 0:
        return f"{sign}0.{'0' * -point}{figures}".rstrip("0").rstrip(".")
    if point >= len(figures):
        return sign + figures + "0" * (point - len(figures))
    return f"{sign}{figures[:point]}.{figures[point:]}"
