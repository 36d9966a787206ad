"""How fine a query is: the step from range and width, and the intervals that macros stand for.

The rounding follows what Grafana documents for `$__interval`, and `$__rate_interval` its definition: at least four scrapes.
"""

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from dashboards.model.timerange import TimeRange

MAX_POINTS: Final = 11_000

_NICE_MS: Final = (
    1, 5, 10, 20, 50, 100, 200, 500,
    1_000, 2_000, 5_000, 10_000, 15_000, 20_000, 30_000,
    60_000, 120_000, 300_000, 600_000, 900_000, 1_200_000, 1_800_000,
    3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000,
    86_400_000, 604_800_000, 2_592_000_000, 31_536_000_000,
)  # fmt: skip
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w|y)")
_UNIT_MS: Final = {
    "ms": 1,
    "s": 1000,
    "m": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
    "w": 604_800_000,
    "y": 31_536_000_000,
}


@dataclass(frozen=True, slots=True)
class Step:
    """`step_ms` between points; `interval_ms` is `$__interval`, `rate_ms` is `$__rate_interval`."""

    step_ms: int
    interval_ms: int
    rate_ms: int


def parse_interval(text: str) -> int:
    """Milliseconds of `15s`, `1m30s`, `>10s`, or 0 for an empty text. Raises `ValueError`."""
    text = text.strip().lstrip(">")
    if not text:
        return 0
    if text.isdigit():
        return int(text) * 1000
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{text!r} is no interval: expected 15s, 1m, 1h30m")
    return round(sum(float(number) * _UNIT_MS[unit] for number, unit in parts))


def format_interval(milliseconds: int) -> str:
    """The shortest PromQL duration: 90000 is `90s`, 60000 `1m`."""
    for unit in ("w", "d", "h", "m", "s"):
        if milliseconds and milliseconds % _UNIT_MS[unit] == 0:
            return f"{milliseconds // _UNIT_MS[unit]}{unit}"
    return f"{milliseconds}ms"


def round_interval(milliseconds: float) -> int:
    """The nearest round interval, ties upwards."""
    for low, high in pairwise(_NICE_MS):
        if milliseconds < (low + high) / 2:
            return low
    return _NICE_MS[-1]


def choose_step(length_ms: int, max_points: int, min_interval_ms: int, scrape_ms: int, factor: int = 1) -> Step:
    """The step of a query over `length_ms` drawn with at most `max_points` points."""
    interval = max(round_interval(length_ms / max(max_points, 1)), min_interval_ms, 1)
    step = interval * max(factor, 1)
    while length_ms / step > MAX_POINTS:
        step *= 2
    rate = max(interval + scrape_ms, 4 * scrape_ms)
    return Step(step, interval, rate)


def align(span: TimeRange, step_ms: int) -> TimeRange:
    """Both ends on multiples of the step, so that a sliding range asks for the same instants again."""
    start = span.start_ms // step_ms * step_ms
    end = span.end_ms // step_ms * step_ms
    return TimeRange(start, max(end, start + step_ms))
