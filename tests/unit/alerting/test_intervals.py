import pytest

from alerting.intervals import NamedInterval
from alerting.moments import parse
from pharos.config import ConfigError, loads

OFFICE = """
name: office
time_intervals:
  - weekdays: ['monday:friday']
    times: [{start_time: '09:00', end_time: '17:00'}]
"""


def contains(text: str, moment: str) -> bool:
    return loads(NamedInterval, text).contains(parse(moment))


@pytest.mark.parametrize(
    ("moment", "inside"),
    [
        ("2026-11-20T09:00:00Z", True),
        ("2026-11-20T16:59:59Z", True),
        ("2026-11-20T17:00:00Z", False),
        ("2026-11-21T12:00:00Z", False),
    ],
)
def test_weekdays_and_times(moment: str, inside: bool) -> None:
    assert contains(OFFICE, moment) is inside


@pytest.mark.parametrize(
    ("days", "moment", "inside"),
    [
        ("-1", "2026-02-28T12:00:00Z", True),
        ("-1", "2026-02-27T12:00:00Z", False),
        ("-3:-1", "2026-04-28T12:00:00Z", True),
        ("29:31", "2026-02-28T12:00:00Z", False),
        ("1:31", "2026-02-28T12:00:00Z", True),
    ],
)
def test_days_of_the_month(days: str, moment: str, inside: bool) -> None:
    assert contains(f"{{name: x, time_intervals: [{{days_of_month: ['{days}']}}]}}", moment) is inside


def test_months_years_and_places() -> None:
    text = "{name: x, time_intervals: [{months: ['november:december'], years: ['2026'], location: Asia/Shanghai}]}"
    assert contains(text, "2026-10-31T16:00:00Z")
    assert not contains(text, "2026-10-31T15:59:59Z")
    assert not contains(text, "2026-12-31T16:00:00Z")


@pytest.mark.parametrize(
    ("interval", "message"),
    [
        ("times: [{start_time: '17:00', end_time: '09:00'}]", "start time cannot be equal or greater than end time"),
        ("times: [{start_time: '9:00', end_time: '17:00'}]", "expected a time such as 09:30"),
        ("weekdays: ['funday']", "is no day of the week"),
        ("days_of_month: ['0']", "out of range"),
        ("days_of_month: ['-5:5']", "end day must be negative"),
        ("days_of_month: ['10:5']", "always before start day"),
        ("months: ['december:january']", "comes after its end"),
        ("months: ['13']", "months go from 1 to 12"),
        ("years: ['soon']", "expected a number"),
        ("location: Atlantis/Downtown", "unknown time zone"),
    ],
)
def test_what_cannot_be(interval: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        loads(NamedInterval, f"{{name: x, time_intervals: [{{{interval}}}]}}")
