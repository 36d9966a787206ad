"""Moments as Go writes them."""

from dashboards.model.moments import format_moment, parse_moment


def test_nanoseconds_and_zones_are_read() -> None:
    assert parse_moment("2026-01-31T12:00:00.123456789Z") == 1769860800123
    assert parse_moment("2026-01-31T20:00:00+08:00") == 1769860800000


def test_the_zero_time_and_nonsense_are_nothing() -> None:
    assert parse_moment("0001-01-01T00:00:00Z") == 0
    assert parse_moment("soon") == 0


def test_a_moment_is_written_in_utc() -> None:
    assert format_moment(1769860800123) == "2026-01-31T12:00:00.123Z"
