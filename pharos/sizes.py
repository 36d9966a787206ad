"""Byte sizes in configuration: `512MB`, `1GiB`, `64KB`. Units are powers of 1024, as in Prometheus."""

import re
from typing import Self

_UNITS = {"": 1, "B": 1, **{f"{p}{s}": 1024**i for i, p in enumerate("KMGTPE", 1) for s in ("", "B", "iB")}}
_PATTERN = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)")


class Size(int):
    """Bytes."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `512MB`. Raises `ValueError` with what was expected."""
        match = _PATTERN.fullmatch(text.strip())
        if match is None or match[2] not in _UNITS:
            raise ValueError("expected a size such as 512MB or 1GiB (units B KB MB GB TB PB EB)")
        return cls(float(match[1]) * _UNITS[match[2]])

    def __str__(self) -> str:
        for power, prefix in ((6, "E"), (5, "P"), (4, "T"), (3, "G"), (2, "M"), (1, "K")):
            if self and self % 1024**power == 0:
                return f"{int(self) // 1024**power}{prefix}B"
        return f"{int(self)}B"
