"""Steps and intervals of queries."""

import pytest

from dashboards.model.steps import MAX_POINTS, align, choose_step, format_interval, parse_interval, round_interval
from dashboards.model.timerange import TimeRange

HOUR = 3_600_000


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [("", 0), ("15s", 15_000), (">10s", 10_000), ("1m30s", 90_000), ("250ms", 250), ("30", 30_000)],
)
def test_an_interval_is_read(text: str, milliseconds: int) -> None:
    assert parse_interval(text) == milliseconds


def test_what_is_no_interval_is_refused() -> None:
    with pytest.raises(ValueError, match="no interval"):
        parse_interval("soon")


@pytest.mark.parametrize(
    ("milliseconds", "text"), [(60_000, "1m"), (90_000, "90s"), (250, "250ms"), (86_400_000, "1d"), (0, "0ms")]
)
def test_an_interval_is_written_shortly(milliseconds: int, text: str) -> None:
    assert format_interval(milliseconds) == text


@pytest.mark.parametrize(
    ("rough", "nice"),
    [(0.2, 1), (4_900, 5_000), (12_400, 10_000), (12_600, 15_000), (45_000, 60_000), (1e13, 31_536_000_000)],
)
def test_intervals_are_round(rough: float, nice: int) -> None:
    assert round_interval(rough) == nice


def test_the_step_follows_the_width_but_never_undercuts_the_minimum() -> None:
    assert choose_step(6 * HOUR, 360, 15_000, 15_000).step_ms == 60_000
    assert choose_step(HOUR, 1000, 15_000, 15_000).step_ms == 15_000


def test_a_rate_spans_at_least_four_scrapes() -> None:
    assert choose_step(HOUR, 1000, 5_000, 15_000).rate_ms == 60_000
    assert choose_step(100 * HOUR, 100, 5_000, 15_000).rate_ms == HOUR + 15_000


def test_a_query_never_asks_for_too_many_points() -> None:
    assert 1000 * HOUR / choose_step(1000 * HOUR, 1_000_000, 1, 1).step_ms <= MAX_POINTS


def test_a_sliding_range_asks_for_the_same_instants() -> None:
    assert align(TimeRange(61_000, 121_000), 15_000) == TimeRange(60_000, 120_000)
    assert align(TimeRange(1_000, 2_000), 15_000) == TimeRange(0, 15_000)
