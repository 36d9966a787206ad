"""Dates as Elasticsearch reads them: `strict_date_optional_time||epoch_millis`, date math (`now-15m/d`), and the formats clients ask for.

All moments are integers of milliseconds since 1970 in UTC.
"""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from logstore.errors import ElasticError

_DATE = re.compile(
    r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ](\d{2})(?::?(\d{2})(?::?(\d{2})(?:[.,](\d{1,9}))?)?)?)?(Z|[+-]\d{2}(?::?\d{2})?)?)?)?"
)
_MATH = re.compile(r"([+-])(\d*)([yMwdhHms])|/([yMwdhHms])")
_UNIT_MS: Final = {"w": 604_800_000, "d": 86_400_000, "h": 3_600_000, "H": 3_600_000, "m": 60_000, "s": 1_000}
ISO_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?")


def bad_date(text: object) -> ElasticError:
    return ElasticError(
        400,
        "parse_exception",
        f"failed to parse date field [{text}] with format [strict_date_optional_time||epoch_millis]",
    )


def zone(name: str | None) -> tzinfo:
    """A time zone by name or offset. Raises `ElasticError`."""
    if not name or name in ("Z", "UTC"):
        return UTC
    if name[0] in "+-":
        digits = name[1:].replace(":", "").ljust(4, "0")
        if digits.isdigit() and len(digits) == 4:
            delta = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
            return timezone(-delta if name[0] == "-" else delta)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ElasticError(400, "illegal_argument_exception", f"Unknown time-zone ID: {name}") from error


def parse_date(value: Any, default_zone: tzinfo = UTC) -> int:
    """Milliseconds of a date given as number, ISO text or digits. Raises `ElasticError`."""
    if isinstance(value, bool) or value is None:
        raise bad_date(value)
    if isinstance(value, int | float):
        return int(value)
    text = str(value).strip()
    if re.fullmatch(r"-?\d{5,}(\.\d+)?", text):
        return int(float(text))
    match = _DATE.fullmatch(text)
    if match is None:
        raise bad_date(value)
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    try:
        moment = datetime(
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=None
        )
    except ValueError as error:
        raise bad_date(value) from error
    where = default_zone if offset is None else zone(offset)
    return to_ms(moment.replace(tzinfo=where)) + int((fraction or "0").ljust(3, "0")[:3])


def is_plain(value: Any) -> bool:
    """Whether the index can take the date as it stands: RFC 3339 in UTC, by the look of it."""
    return (
        isinstance(value, str) and 20 <= len(value) <= 30 and value[-1] == "Z" and value[10] == "T" and value[4] == "-"
    )


def to_ms(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def from_ms(ms: int, where: tzinfo = UTC) -> datetime:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)).astimezone(where)


def resolve(value: Any, now_ms: int, *, round_up: bool = False, format_: str = "", where: tzinfo = UTC) -> int:
    """A bound of a range: a date or date math, rounded up for `lte` and `gt`. Raises `ElasticError`."""
    if "epoch_second" in format_ and str(value).lstrip("-").isdigit():
        return int(value) * 1000
    if not isinstance(value, str):
        return parse_date(value)
    if value.startswith("now"):
        return _math(now_ms, value[3:], round_up, where, value)
    base, bars, math = value.partition("||")
    moment = parse_date(base, where)
    if bars:
        return _math(moment, math, round_up, where, value)
    return moment + (_missing_part_ms(base, moment) - 1 if round_up else 0)


def _missing_part_ms(text: str, moment: int) -> int:
    """How long the unit is that a short date names: a day for `2026-11-20`, 1 ms for a full one."""
    if not (match := _DATE.fullmatch(text.strip())) or re.fullmatch(r"-?\d{5,}(\.\d+)?", text):
        return 1
    _, month, day, hour, minute, second, fraction, _ = match.groups()
    if fraction:
        return 1
    for part, unit in ((second, "s"), (minute, "m"), (hour, "h"), (day, "d")):
        if part:
            return _UNIT_MS[unit]
    return add_unit(moment, 1, "M" if month else "y", UTC) - moment


def _math(moment: int, text: str, round_up: bool, where: tzinfo, whole: str) -> int:
    at = 0
    while at < len(text):
        match = _MATH.match(text, at)
        if match is None:
            raise bad_date(whole)
        sign, count, unit, rounding = match.groups()
        if rounding:
            floor = floor_unit(moment, rounding, where)
            moment = add_unit(floor, 1, rounding, where) - 1 if round_up else floor
        else:
            moment = add_unit(moment, int(count or 1) * (-1 if sign == "-" else 1), unit, where)
        at = match.end()
    return moment


def add_unit(ms: int, count: int, unit: str, where: tzinfo) -> int:
    """`count` calendar units later: `y q M w d h m s`; days and more keep the local clock."""
    if unit in ("h", "H", "m", "s"):
        return ms + count * _UNIT_MS[unit]
    local = from_ms(ms, where)
    if unit in ("d", "w"):
        moved = local.replace(tzinfo=None) + timedelta(days=count * (7 if unit == "w" else 1))
    else:
        months = local.year * 12 + local.month - 1 + count * {"M": 1, "q": 3, "y": 12}[unit]
        year, month = divmod(months, 12)
        moved = local.replace(tzinfo=None, year=year, month=month + 1, day=min(local.day, _days(year, month + 1)))
    return to_ms(moved.replace(tzinfo=where))


def _days(year: int, month: int) -> int:
    following = datetime(year + month // 12, month % 12 + 1, 1)
    return (following - timedelta(days=1)).day


def floor_unit(ms: int, unit: str, where: tzinfo) -> int:
    """The start of the calendar unit that holds the moment, by the local clock."""
    if unit in ("h", "H", "m", "s") and where is UTC:
        return ms - ms % _UNIT_MS[unit]
    local = from_ms(ms, where)
    naive = local.replace(tzinfo=None, microsecond=0)
    if unit != "s":
        naive = naive.replace(second=0)
    if unit not in ("s", "m"):
        naive = naive.replace(minute=0)
    if unit in ("h", "H", "m", "s"):  # fixed length: keep the offset in force, also when an hour is repeated
        return ms - (local.replace(tzinfo=None) - naive) // timedelta(milliseconds=1)
    naive = naive.replace(hour=0)
    if unit == "w":
        naive -= timedelta(days=naive.weekday())
    elif unit == "M":
        naive = naive.replace(day=1)
    elif unit == "q":
        naive = naive.replace(day=1, month=(naive.month - 1) // 3 * 3 + 1)
    elif unit == "y":
        naive = naive.replace(day=1, month=1)
    return to_ms(naive.replace(tzinfo=where))


def iso(ms: int, where: tzinfo = UTC) -> str:
    """`2026-11-20T11:00:00.000Z`."""
    moment = from_ms(ms, where)
    if where is UTC:
        return f"{moment:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}Z"
    return moment.isoformat(timespec="milliseconds")


_PATTERN_WORDS: Final = {"yyyy": "%Y", "uuuu": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}


def show(ms: int, format_: str | None, where: tzinfo = UTC) -> str:
    """A moment in a format of the mapping or the request. Raises `ElasticError` for patterns beyond numbers."""
    first = (format_ or "").split("||")[0]
    if first in (
        "",
        "strict_date_optional_time",
        "date_optional_time",
        "strict_date_optional_time_nanos",
        "date_time",
        "strict_date_time",
    ):
        return iso(ms, where)
    if first == "epoch_millis":
        return str(ms)
    if first == "epoch_second":
        return str(ms // 1000)
    if first in ("strict_date", "date"):
        first = "yyyy-MM-dd"
    moment = from_ms(ms, where)
    out = re.sub("yyyy|uuuu|MM|dd|HH|mm|ss", lambda m: moment.strftime(_PATTERN_WORDS[m[0]]), first)
    out = re.sub(r"(?<![A-Za-z0-9])S{3,9}(?![A-Za-z])", lambda m: f"{ms % 1000:03d}".ljust(len(m[0]), "0"), out)
    out = re.sub(r"'([^']*)'", r"\1", out)
    if re.search(r"[yMdHhmsSaEwDk]{2,}", out.replace("T", "")):
        raise ElasticError(
            400, "illegal_argument_exception", f"date format [{format_}] is not supported by the Pharos log store"
        )
    return out
