"""Times of the HTTP API: RFC 3339 in, RFC 3339 out. Inside they are seconds since 1970; 0 stands for "not given"."""

from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

ZERO = "0001-01-01T00:00:00Z"


@lru_cache(maxsize=8192)
def parse(text: str) -> float:
    """Seconds; 0 for Go's zero time. Raises `ValueError`."""
    if text.startswith("0001-01-01T00:00:00"):
        return 0.0
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r}: a time zone is needed, as in 2006-01-02T15:04:05Z")
    return moment.timestamp()


def milliseconds(seconds: float) -> str:
    """`2026-11-20T11:10:22.408Z`, as the API writes times."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def precise(seconds: float) -> str:
    """The shortest exact text, as Go's RFC3339Nano; 0 gives the zero time."""
    if not seconds:
        return ZERO
    moment = datetime.fromtimestamp(seconds, UTC)
    fraction = f".{moment.microsecond:06d}".rstrip("0").rstrip(".")
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"


def local(seconds: float, zone: str) -> datetime:
    """The wall time in a zone. Raises `ValueError` for a zone nobody knows."""
    return datetime.fromtimestamp(seconds, zone_of(zone))


@lru_cache(maxsize=256)
def zone_of(name: str) -> tzinfo:
    """UTC, Local, or a name of the zone database. Raises `ValueError`."""
    if name in ("", "UTC"):
        return UTC
    if name == "Local":
        found = datetime.now().astimezone().tzinfo
        assert found is not None
        return found
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(f"unknown time zone {name!r}") from error
