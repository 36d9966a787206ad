"""Time ranges as Grafana writes them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from dashboards.model.timerange import parse_range, parse_time

NOW = round(datetime(2026, 3, 31, 13, 45, 10, tzinfo=UTC).timestamp() * 1000)


def at(*parts: int) -> int:
    return round(datetime(*parts, tzinfo=UTC).timestamp() * 1000)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", NOW),
        ("now-1h", NOW - 3_600_000),
        ("now-1d+2h", NOW - 22 * 3_600_000),
        ("now/h", at(2026, 3, 31, 13)),
        ("now/d", at(2026, 3, 31)),
        ("now-1d/d", at(2026, 3, 30)),
        ("now/w", at(2026, 3, 30)),
        ("now-1M", at(2026, 2, 28, 13, 45, 10)),
        ("now/M", at(2026, 3, 1)),
        ("now-1y/y", at(2025, 1, 1)),
        ("1767225600000", 1767225600000),
        ("2026-01-31 12:00", at(2026, 1, 31, 12)),
        ("2026-01-31T12:00:00+08:00", at(2026, 1, 31, 4)),
    ],
)
def test_a_time_is_resolved(text: str, expected: int) -> None:
    assert parse_time(text, NOW) == expected


def test_the_end_of_a_rounded_range_is_the_end_of_the_unit() -> None:
    assert parse_time("now-1d/d", NOW, round_up=True) == at(2026, 3, 31) - 1


def test_days_begin_at_midnight_of_the_zone() -> None:
    assert parse_time("now/d", NOW, ZoneInfo("Asia/Shanghai")) == at(2026, 3, 30, 16)


def test_a_range_has_a_length() -> None:
    assert parse_range("now-5m", "now", NOW).length_ms == 300_000


@pytest.mark.parametrize("text", ["yesterday", "now-5", "now-1q", "", "12:00 tomorrow"])
def test_what_is_no_time_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="expected now-1h"):
        parse_time(text, NOW)


def test_an_empty_range_is_refused() -> None:
    with pytest.raises(ValueError, match="before it begins"):
        parse_range("now", "now-1h", NOW)
