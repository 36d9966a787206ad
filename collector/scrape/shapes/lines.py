"""The shape of a page of few lines, read line by line: fewer calls than NumPy needs for a page of any size."""

from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray

from collector.scrape.formats.numbers import parse_float
from collector.scrape.page import Geometry
from collector.scrape.shapes.base import PageShape

_WHOLE: Final = 1 << 62  # longer than any line
# Tails to JSON: a newline separates, and whatever cannot stand in a number becomes a letter that JSON refuses.
_TO_JSON: Final = bytes(0x2C if code == 10 else code if chr(code) in "0123456789+-.eE" else 0x78 for code in range(256))


class LineShape(PageShape):
    """The shape of a page of few lines."""

    __slots__ = ("_cuts", "_digest")

    def __init__(self, body: Any, geometry: Geometry) -> None:
        super().__init__(body, geometry)
        marked = zip(geometry.key_lengths.tolist(), geometry.is_sample.tolist(), strict=True)
        self._cuts = [length if is_sample else _WHOLE for length, is_sample in marked]
        self._digest = self._digest_of(bytes(body).split(b"\n"))

    def _digest_of(self, lines: list[bytes]) -> int:
        return hash(b"\n".join([line[:cut] for line, cut in zip(lines, self._cuts, strict=False)]))

    def read(self, body: Any, values: NDArray[np.float64]) -> bool:
        lines = bytes(body).split(b"\n")
        if len(lines) != len(self._cuts) + 1 or lines[-1] or self._digest_of(lines) != self._digest:
            return False
        tails = [line[cut:] for line, cut in zip(lines, self._cuts, strict=False) if cut != _WHOLE]
        try:
            found = _numbers(tails)
        except ValueError:
            return False
        values[:] = found
        return True


def _numbers(tails: list[bytes]) -> list[float]:
    """Raises `ValueError`."""
    text = b"\n".join(tails).translate(_TO_JSON)
    try:
        found: list[float] = orjson.loads(b"[" + text + b"]")
    except orjson.JSONDecodeError:  # JSON knows no NaN, Inf, `.5`, `5.` or `+5`
        return [parse_float(tail) for tail in tails]
    if len(found) != len(tails):
        raise ValueError("a line without a number")
    if b"-" in text:  # JSON has integers and they have no negative zero
        return [value or float(tail) for value, tail in zip(found, tails, strict=True)]
    return found
