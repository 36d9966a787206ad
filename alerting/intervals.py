"""Time intervals: when a route is muted or active.

Source: the `time_intervals` section of the Alertmanager configuration documentation. Ranges are inclusive, except that of times, whose
end is not part of it; days of the month may be counted from its end with negative numbers.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final, Self

from alerting.moments import local, zone_of

_DAYS: Final = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_MONTHS: Final = tuple(name.lower() for name in calendar.month_name)
_CLOCK: Final = re.compile(r"((?:[01]\d|2[0-3]):[0-5]\d|24:00)")


@dataclass(frozen=True, slots=True)
class TimeRange:
    """Minutes of a day, the end excluded."""

    start_time: str
    end_time: str

    def __post_init__(self) -> None:
        for text in (self.start_time, self.end_time):
            if not _CLOCK.fullmatch(text):
                raise ValueError(f"{text!r}: expected a time such as 09:30 (00:00 to 24:00)")
        if _minute(self.start_time) >= _minute(self.end_time):
            raise ValueError("start time cannot be equal or greater than end time")

    def contains(self, moment: datetime) -> bool:
        return _minute(self.start_time) <= moment.hour * 60 + moment.minute < _minute(self.end_time)


def _minute(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


@dataclass(frozen=True, slots=True)
class _Range:
    """`a` or `a:b`, both included."""

    begin: int
    end: int
    _names: ClassVar[tuple[str, ...]] = ()
    _what: ClassVar[str] = "a number or a range such as 1:5"

    @classmethod
    def from_config(cls, value: Any) -> Self:
        parts = [cls._number(part) for part in str(value).lower().split(":")]
        if len(parts) > 2:
            raise ValueError(f"expected {cls._what}")
        return cls._checked(parts[0], parts[-1])

    @classmethod
    def _number(cls, text: str) -> int:
        text = text.strip()
        if text in cls._names:
            return cls._names.index(text)
        if not re.fullmatch(r"-?\d+", text):
            raise ValueError(f"expected {cls._what}")
        return int(text)

    @classmethod
    def _checked(cls, begin: int, end: int) -> Self:
        if begin > end:
            raise ValueError("the start of the range comes after its end")
        return cls(begin, end)

    def __str__(self) -> str:
        return f"{self.begin}:{self.end}"


@dataclass(frozen=True, slots=True)
class WeekdayRange(_Range):
    """Days of the week; Sunday is the first."""

    _names: ClassVar[tuple[str, ...]] = _DAYS
    _what: ClassVar[str] = "a day or a range such as monday:friday"

    @classmethod
    def _number(cls, text: str) -> int:
        if text.strip() not in _DAYS:
            raise ValueError(f"{text.strip()!r} is no day of the week")
        return _DAYS.index(text.strip())

    def contains(self, moment: datetime) -> bool:
        return self.begin <= moment.isoweekday() % 7 <= self.end


@dataclass(frozen=True, slots=True)
class MonthRange(_Range):
    """Months by name or number."""

    _names: ClassVar[tuple[str, ...]] = _MONTHS
    _what: ClassVar[str] = "a month or a range such as january:march or 1:3"

    @classmethod
    def _checked(cls, begin: int, end: int) -> Self:
        if not (1 <= begin <= 12 and 1 <= end <= 12):
            raise ValueError("months go from 1 to 12")
        return cls._ordered(begin, end)

    @classmethod
    def _ordered(cls, begin: int, end: int) -> Self:
        if begin > end:
            raise ValueError("the start of the range comes after its end")
        return cls(begin, end)

    def contains(self, moment: datetime) -> bool:
        return self.begin <= moment.month <= self.end


@dataclass(frozen=True, slots=True)
class YearRange(_Range):
    """Years."""

    def contains(self, moment: datetime) -> bool:
        return self.begin <= moment.year <= self.end


@dataclass(frozen=True, slots=True)
class DayOfMonthRange(_Range):
    """Days of a month; -1 is its last day."""

    @classmethod
    def _checked(cls, begin: int, end: int) -> Self:
        for day in (begin, end):
            if day == 0 or not -31 <= day <= 31:
                raise ValueError(f"{day} is not a valid day of the month: out of range")
        if begin < 0 < end:
            raise ValueError("end day must be negative if start day is negative")
        # 28 is the shortest month: what is empty there may be empty every month.
        if (28 + begin if begin < 0 else begin) > (28 + end if end < 0 else end):
            raise ValueError(f"end day {end} is always before start day {begin}")
        return cls(begin, end)

    def contains(self, moment: datetime) -> bool:
        days = calendar.monthrange(moment.year, moment.month)[1]
        begin = days + self.begin + 1 if self.begin < 0 else self.begin
        end = days + self.end + 1 if self.end < 0 else self.end
        return begin <= days and max(begin, 1) <= moment.day <= min(end, days)


@dataclass(frozen=True, slots=True)
class TimeInterval:
    """Moments that fulfil every given condition; an empty interval contains all."""

    times: tuple[TimeRange, ...] = ()
    weekdays: tuple[WeekdayRange, ...] = ()
    days_of_month: tuple[DayOfMonthRange, ...] = ()
    months: tuple[MonthRange, ...] = ()
    years: tuple[YearRange, ...] = ()
    location: str = "UTC"

    def __post_init__(self) -> None:
        zone_of(self.location)

    def contains(self, now: float) -> bool:
        """Whether the moment lies inside."""
        moment = local(now, self.location)
        conditions = (self.times, self.weekdays, self.days_of_month, self.months, self.years)
        return all(not ranges or any(part.contains(moment) for part in ranges) for ranges in conditions)


@dataclass(frozen=True, slots=True)
class NamedInterval:
    """Intervals under a name; one that contains the moment is enough."""

    name: str
    time_intervals: tuple[TimeInterval, ...] = ()

    def contains(self, now: float) -> bool:
        return any(interval.contains(now) for interval in self.time_intervals)
