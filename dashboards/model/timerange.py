"""Time ranges as Grafana writes them: `now-6h`, `now-1d/d`, epoch milliseconds, ISO 8601.

Relative ends are resolved with the server's clock, so a browser whose clock is wrong still sees the present.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

_UNIT_S: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_RELATIVE: Final = re.compile(r"^now((?:[+-]\d+[smhdwMy])*)(?:/([smhdwMy]))?$")
_STEP: Final = re.compile(r"([+-])(\d+)([smhdwMy])")


@dataclass(frozen=True, slots=True)
class TimeRange:
    """Both ends in milliseconds since the epoch; `end_ms` is after `start_ms`."""

    start_ms: int
    end_ms: int

    @property
    def length_ms(self) -> int:
        return self.end_ms - self.start_ms


def parse_range(start: str, end: str, now_ms: int, zone: tzinfo = UTC) -> TimeRange:
    """Resolve both ends. Raises `ValueError` naming the end that cannot be read, or when the range is empty."""
    first = parse_time(start, now_ms, zone, round_up=False)
    last = parse_time(end, now_ms, zone, round_up=True)
    if last <= first:
        raise ValueError(f"the range ends ({end}) before it begins ({start})")
    return TimeRange(first, last)


def parse_time(text: str, now_ms: int, zone: tzinfo = UTC, *, round_up: bool = False) -> int:
    """One end in milliseconds. `now/d` is the begin of today, or its end with `round_up`. Raises `ValueError`."""
    text = text.strip()
    if text.isdigit():
        return int(text)
    relative = _RELATIVE.match(text)
    if relative is None:
        return _parse_absolute(text, zone)
    moment = datetime.fromtimestamp(now_ms / 1000, zone)
    for sign, amount, unit in _STEP.findall(relative[1]):
        moment = _shift(moment, int(sign + amount), unit)
    if relative[2]:
        moment = _floor(moment, relative[2])
        if round_up:
            moment = _shift(moment, 1, relative[2]) - timedelta(milliseconds=1)
    return round(moment.timestamp() * 1000)


def _parse_absolute(text: str, zone: tzinfo) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no time: expected now-1h, epoch milliseconds or 2026-01-31 12:00") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return round(moment.timestamp() * 1000)


def _shift(moment: datetime, amount: int, unit: str) -> datetime:
    if unit in _UNIT_S:
        return moment + timedelta(seconds=amount * _UNIT_S[unit])
    months = moment.year * 12 + moment.month - 1 + amount * (12 if unit == "y" else 1)
    year, month = divmod(months, 12)
    for day in range(moment.day, 0, -1):  # the 31st minus one month is the last day of a shorter month
        try:
            return moment.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    raise AssertionError("every month has a first day")


def _floor(moment: datetime, unit: str) -> datetime:
    cleared = moment.replace(microsecond=0)
    if unit == "s":
        return cleared
    cleared = cleared.replace(second=0)
    if unit == "m":
        return cleared
    cleared = cleared.replace(minute=0)
    if unit == "h":
        return cleared
    cleared = cleared.replace(hour=0)
    if unit == "w":
        return cleared - timedelta(days=cleared.weekday())
    if unit == "M":
        return cleared.replace(day=1)
    return cleared.replace(month=1, day=1) if unit == "y" else cleared
