"""Go's `time.Time` and `time.Duration` as templates see them: `.StartsAt.Format "15:04"`, `.Unix`, `toTime`.

Source: the documentation of Go's `time` package; layouts are written with the reference time Mon Jan 2 15:04:05 MST 2006.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

_LAYOUT: Final = re.compile(
    r"2006|January|Monday|Jan|Mon|MST|Z07:00|Z0700|-07:00|-0700|-07|[.,]0+(?!\d)|[.,]9+(?!\d)|002|15|01|02|03|04|05|06|_2|PM|pm|1|2|3|4|5"
)


@dataclass(frozen=True, slots=True)
class GoDuration:
    """A span of time in nanoseconds."""

    go_type = "time.Duration"
    nanoseconds: int

    @classmethod
    def of(cls, seconds: float) -> "GoDuration":
        return cls(round(seconds * 1e9))

    def Seconds(self) -> float:  # noqa: N802 - Go's name
        return self.nanoseconds / 1e9

    def Minutes(self) -> float:  # noqa: N802
        return self.nanoseconds / 60e9

    def Hours(self) -> float:  # noqa: N802
        return self.nanoseconds / 3600e9

    def Milliseconds(self) -> int:  # noqa: N802
        return int(self.nanoseconds / 1e6)

    def String(self) -> str:  # noqa: N802
        return str(self)

    def go_number(self) -> int:
        """What number verbs of `printf` print."""
        return self.nanoseconds

    def __str__(self) -> str:
        rest = abs(self.nanoseconds)
        sign = "-" if self.nanoseconds < 0 else ""
        if rest < 10**9:
            unit, size = next(((u, s) for u, s in (("ms", 10**6), ("µs", 10**3), ("ns", 1)) if rest >= s), ("s", 1))
            return f"{sign}{_decimal(rest, size)}{unit}"
        hours, rest = divmod(rest, 3600 * 10**9)
        minutes, rest = divmod(rest, 60 * 10**9)
        head = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
        return f"{sign}{head}{_decimal(rest, 10**9)}s"


def _decimal(value: int, unit: int) -> str:
    whole, rest = divmod(value, unit)
    digits = str(rest).rjust(len(str(unit)) - 1, "0").rstrip("0") if rest else ""
    return f"{whole}.{digits}" if digits else str(whole)


class GoTime:
    """A moment, with nanoseconds. Methods carry Go's names."""

    __slots__ = ("_moment", "_nanos")
    go_type = "time.Time"

    def __init__(self, moment: datetime, nanos: int | None = None) -> None:
        """`moment` must know its time zone; `nanos` is the part below a second where microseconds do not do."""
        self._moment = moment
        self._nanos = moment.microsecond * 1000 if nanos is None else nanos

    @classmethod
    def at(cls, seconds: float, zone: tzinfo = UTC) -> "GoTime":
        """Seconds since 1970. Raises `ValueError` or `OverflowError` outside the years 1 to 9999."""
        return cls(datetime(1970, 1, 1, tzinfo=UTC).astimezone(zone) + timedelta(seconds=seconds))

    def Unix(self) -> int:  # noqa: N802
        return int(self._moment.timestamp() // 1)

    def UnixMilli(self) -> int:  # noqa: N802
        return self.Unix() * 1000 + self._nanos // 1_000_000

    def UnixNano(self) -> int:  # noqa: N802
        return self.Unix() * 10**9 + self._nanos

    def UTC(self) -> "GoTime":  # noqa: N802
        return GoTime(self._moment.astimezone(UTC), self._nanos)

    def Local(self) -> "GoTime":  # noqa: N802
        return GoTime(self._moment.astimezone(), self._nanos)

    def In(self, zone: "str | ZoneInfo") -> "GoTime":  # noqa: N802
        return GoTime(self._moment.astimezone(ZoneInfo(zone) if isinstance(zone, str) else zone), self._nanos)

    def Year(self) -> int:  # noqa: N802
        return self._moment.year

    def Month(self) -> str:  # noqa: N802
        return f"{self._moment:%B}"

    def Day(self) -> int:  # noqa: N802
        return self._moment.day

    def Hour(self) -> int:  # noqa: N802
        return self._moment.hour

    def Minute(self) -> int:  # noqa: N802
        return self._moment.minute

    def Second(self) -> int:  # noqa: N802
        return self._moment.second

    def Weekday(self) -> str:  # noqa: N802
        return f"{self._moment:%A}"

    def YearDay(self) -> int:  # noqa: N802
        return self._moment.timetuple().tm_yday

    def IsZero(self) -> bool:  # noqa: N802
        return self._moment.year == 1 and self._moment.timetuple().tm_yday == 1

    def After(self, other: "GoTime") -> bool:  # noqa: N802
        return self.UnixNano() > other.UnixNano()

    def Before(self, other: "GoTime") -> bool:  # noqa: N802
        return self.UnixNano() < other.UnixNano()

    def Equal(self, other: "GoTime") -> bool:  # noqa: N802
        return self.UnixNano() == other.UnixNano()

    def Sub(self, other: "GoTime") -> GoDuration:  # noqa: N802
        return GoDuration(self.UnixNano() - other.UnixNano())

    def Add(self, span: "GoDuration | int") -> "GoTime":  # noqa: N802
        nanos = span.nanoseconds if isinstance(span, GoDuration) else span
        return GoTime(self._moment + timedelta(microseconds=nanos / 1000))

    def AddDate(self, years: int, months: int, days: int) -> "GoTime":  # noqa: N802
        extra, month = divmod(self._moment.month - 1 + months, 12)
        first = self._moment.replace(year=self._moment.year + years + extra, month=month + 1, day=1)
        return GoTime(first + timedelta(days=self._moment.day - 1 + days), self._nanos)

    def String(self) -> str:  # noqa: N802
        return str(self)

    def __str__(self) -> str:
        return self.Format("2006-01-02 15:04:05.999999999 -0700 MST")

    def Format(self, layout: str) -> str:  # noqa: N802
        return _LAYOUT.sub(lambda match: self._piece(match[0]), layout)

    def _piece(self, token: str) -> str:
        moment = self._moment
        if token[0] in ".," and len(token) > 1:
            return self._fraction(token)
        if token[0] in "-Z":
            return self._offset(token)
        match token:
            case "2006" | "06":
                return f"{moment.year:04d}"[-len(token) :]
            case "January" | "Jan" | "Monday" | "Mon" | "MST":
                codes = {"January": "%B", "Jan": "%b", "Monday": "%A", "Mon": "%a", "MST": "%Z"}
                return moment.strftime(codes[token])
            case "PM" | "pm":
                shown = "AM" if moment.hour < 12 else "PM"
                return shown if token == "PM" else shown.lower()  # noqa: S105 - a layout
            case "_2":
                return f"{moment.day:2d}"
            case "002":
                return f"{self.YearDay():03d}"
        return self._number(token)

    def _number(self, token: str) -> str:
        moment = self._moment
        parts = {
            "1": moment.month,
            "2": moment.day,
            "3": (moment.hour - 1) % 12 + 1,
            "4": moment.minute,
            "5": moment.second,
        }
        if token == "15":  # noqa: S105
            return f"{moment.hour:02d}"
        value = parts[token[-1]]
        return f"{value:02d}" if len(token) == 2 else str(value)

    def _fraction(self, token: str) -> str:
        digits = f"{self._nanos:09d}"[: len(token) - 1]
        if token[1] == "9":
            digits = digits.rstrip("0")
        return token[0] + digits if digits else ""

    def _offset(self, token: str) -> str:
        seconds = int((self._moment.utcoffset() or timedelta()).total_seconds())
        if token[0] == "Z" and not seconds:
            return "Z"
        sign, rest = ("-" if seconds < 0 else "+"), abs(seconds)
        hours, minutes = f"{rest // 3600:02d}", f"{rest % 3600 // 60:02d}"
        return sign + hours + ("" if token == "-07" else f":{minutes}" if ":" in token else minutes)  # noqa: S105
