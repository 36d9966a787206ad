"""Prometheus durations: `1h30m`, `5s`, `250ms`.

Source: the grammar of the Prometheus configuration documentation; units largest first, each at most once.
"""

import re
from typing import Self

_UNITS_MS = {"y": 31_536_000_000, "w": 604_800_000, "d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
_PATTERN = re.compile(
    r"(?:(?P<y>\d+)y)?(?:(?P<w>\d+)w)?(?:(?P<d>\d+)d)?(?:(?P<h>\d+)h)?(?:(?P<m>\d+)m)?(?:(?P<s>\d+)s)?(?:(?P<ms>\d+)ms)?"
)
# A Go time.Duration counts nanoseconds in 63 bits; Prometheus refuses what does not fit.
_MAX_MS = (2**63 - 1) // 1_000_000


class Duration(float):
    """Seconds, printed the way Prometheus prints a duration."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `1h30m`; a bare `0` is allowed. Raises `ValueError` with what was expected."""
        return cls(parse_duration_ms(text) / 1000)

    @property
    def ms(self) -> int:
        return round(self * 1000)

    def __str__(self) -> str:
        return format_duration_ms(self.ms)

    def __repr__(self) -> str:
        return f"Duration({str(self)!r})"


def parse_duration_ms(text: str) -> int:
    """Milliseconds of a duration text such as `5m`. Raises `ValueError`."""
    if text == "0":
        return 0
    match = _PATTERN.fullmatch(text)
    if not text or match is None:
        raise ValueError("expected a duration such as 30s, 5m or 1h30m (units y w d h m s ms, largest first)")
    total = sum(int(count) * _UNITS_MS[unit] for unit, count in match.groupdict().items() if count)
    if total > _MAX_MS:
        raise ValueError("duration out of range (at most 292 years)")
    return total


def format_duration_ms(ms: int) -> str:
    """The shortest exact text of a number of milliseconds: `90000` is `1m30s`, `0` is `0s`.

    Weeks and years are used only when they divide the whole, as Prometheus does.
    """
    if ms == 0:
        return "0s"
    sign, rest, out = ("-" if ms < 0 else ""), abs(ms), []
    for unit, size in _UNITS_MS.items():
        if unit in ("y", "w", "d") and unit != "d" and rest % size:
            continue
        count, rest = divmod(rest, size)
        if count:
            out.append(f"{count}{unit}")
    return sign + "".join(out)
