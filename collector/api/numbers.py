"""Numbers as Prometheus writes them in JSON: sample values are texts, times are seconds with three decimals.

Values: shortest digits that read back the same; an exponent only below 1e-6 and from 1e21 on.
"""

import math
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import orjson
from numpy.typing import NDArray

_PLAIN_LOW, _PLAIN_HIGH = 1e-6, 1e21


def number(value: float) -> float | int:
    """A number for JSON, where Go writes no `.0`."""
    return int(value) if value.is_integer() else value


def value_text(value: float) -> str:
    """One value."""
    if value == 0:
        return "-0" if math.copysign(1, value) < 0 else "0"
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    shown = repr(float(value))
    plain = _PLAIN_LOW <= abs(value) < _PLAIN_HIGH
    if "e" not in shown:
        return shown.removesuffix(".0")
    if plain:
        return format(Decimal(shown), "f")
    mantissa, _, exponent = shown.partition("e")
    power = int(exponent)
    return f"{mantissa.removesuffix('.0')}e{'-' if power < 0 else '+'}{abs(power)}"


def value_texts(values: NDArray[np.float64]) -> list[bytes]:
    """Many values: some 100 ns each when no exponent and no special value is among them."""
    if not len(values):
        return []
    text = orjson.dumps(np.ascontiguousarray(values), option=orjson.OPT_SERIALIZE_NUMPY)
    parts = text[1:-1].replace(b".0,", b",").removesuffix(b".0").split(b",")
    if b"n" in text or b"e" in text:
        for index, part in enumerate(parts):
            if b"e" in part or part == b"null":
                parts[index] = value_text(float(values[index])).encode()
    return parts


def time_text(ms: int) -> str:
    """A time in seconds."""
    seconds, rest = divmod(abs(ms), 1000)
    return f"{'-' if ms < 0 else ''}{seconds}{f'.{rest:03d}' if rest else ''}"


def time_texts(times_ms: NDArray[np.int64]) -> list[str]:
    """Many times."""
    return time_line(times_ms).decode().split(",") if len(times_ms) else []


def time_line(times_ms: NDArray[np.int64]) -> bytes:
    """Many times, with a comma between each two."""
    if not (times_ms % 1000).any():
        return bytes(orjson.dumps(times_ms // 1000, option=orjson.OPT_SERIALIZE_NUMPY)[1:-1])
    return ",".join([time_text(ms) for ms in times_ms.tolist()]).encode()


def rfc3339(seconds: float) -> str:
    """A time as Go writes it in JSON; 0 is Go's zero time."""
    if seconds <= 0:
        return "0001-01-01T00:00:00Z"
    moment = datetime.fromtimestamp(seconds, UTC)
    fraction = f"{moment.microsecond:06d}".rstrip("0")
    return f"{moment:%Y-%m-%dT%H:%M:%S}{'.' + fraction if fraction else ''}Z"
