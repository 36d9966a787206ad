"""Dates and date math, as Elasticsearch documents them."""

import pytest

from logstore.errors import ElasticError
from logstore.timestamps import add_unit, floor_unit, is_plain, iso, parse_date, resolve, show, zone

NOON = parse_date("2026-11-20T12:34:56.789Z")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20", "2026-11-20T00:00:00.000Z"),
        ("2026-11", "2026-11-01T00:00:00.000Z"),
        ("2026-11-20T10:00:00+08:00", "2026-11-20T02:00:00.000Z"),
        ("2026-11-20T10:00:00.1234567Z", "2026-11-20T10:00:00.123Z"),
        ("2026-11-20 10:00:00", "2026-11-20T10:00:00.000Z"),
        (1795172400000, "2026-11-20T11:00:00.000Z"),
        ("1795172400000", "2026-11-20T11:00:00.000Z"),
    ],
)
def test_dates(text: object, expected: str) -> None:
    assert iso(parse_date(text)) == expected


@pytest.mark.parametrize("bad", ["yesterday", "2026-13-01", "2026-11-20T25:00:00Z", True, None, "12:00"])
def test_what_is_no_date(bad: object) -> None:
    with pytest.raises(ElasticError, match="failed to parse date field"):
        parse_date(bad)


@pytest.mark.parametrize(
    ("text", "up", "expected"),
    [
        ("now", False, "2026-11-20T12:34:56.789Z"),
        ("now-15m", False, "2026-11-20T12:19:56.789Z"),
        ("now/d", False, "2026-11-20T00:00:00.000Z"),
        ("now/d", True, "2026-11-20T23:59:59.999Z"),
        ("now-1M/M", False, "2026-10-01T00:00:00.000Z"),
        ("2026-11-20||+1d", False, "2026-11-21T00:00:00.000Z"),
        ("2026-11-20", True, "2026-11-20T23:59:59.999Z"),
        ("2026-11-20T10:00:00Z", True, "2026-11-20T10:00:00.999Z"),
    ],
)
def test_date_math(text: str, up: bool, expected: str) -> None:
    assert iso(resolve(text, NOON, round_up=up)) == expected


def test_bad_date_math_is_an_error() -> None:
    with pytest.raises(ElasticError):
        resolve("now-1x", NOON)


def test_calendar_units_follow_the_local_clock() -> None:
    shanghai, berlin = zone("Asia/Shanghai"), zone("Europe/Berlin")
    assert iso(floor_unit(NOON, "d", shanghai)) == "2026-11-19T16:00:00.000Z"
    assert iso(floor_unit(NOON, "w", shanghai)) == "2026-11-15T16:00:00.000Z"
    assert iso(floor_unit(NOON, "q", zone(None))) == "2026-10-01T00:00:00.000Z"
    before_change = parse_date("2026-03-28T23:00:00Z")
    assert add_unit(before_change, 1, "d", berlin) - before_change == 23 * 3_600_000
    assert iso(add_unit(parse_date("2026-01-31"), 1, "M", zone(None))) == "2026-02-28T00:00:00.000Z"


def test_unknown_zones_are_refused() -> None:
    with pytest.raises(ElasticError, match="Unknown time-zone"):
        zone("Mars/Olympus")


def test_formats() -> None:
    assert show(NOON, "epoch_millis") == str(NOON)
    assert show(NOON, "yyyy-MM-dd HH:mm", zone("+08:00")) == "2026-11-20 20:34"
    assert show(NOON, None) == "2026-11-20T12:34:56.789Z"
    with pytest.raises(ElasticError, match="not supported"):
        show(NOON, "EEEE")


def test_plain_is_what_the_index_takes_unchanged() -> None:
    assert is_plain("2026-11-20T10:00:00.123Z")
    assert not is_plain("2026-11-20T10:00:00+08:00")
    assert not is_plain(1795172400000)
