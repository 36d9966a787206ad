import itertools
from pathlib import Path

import numpy as np
import pytest

from collector.storage.downsample import (
    COUNT,
    INCREASE,
    LAST,
    MAX,
    MIN,
    SUM,
    Choice,
    WindowBatch,
    aggregate,
    choose,
    resets,
)
from collector.storage.interface import STALE_NAN, DensePart, FlatPart, SelectHint
from collector.storage.storage import Storage

from .storage_support import HOUR_MS, START_MS, FixedClock, matchers, opened, samples, series

MINUTE_MS = 60_000


def test_only_long_ranges_and_steps_take_coarse_copies() -> None:
    day = 24 * HOUR_MS
    assert choose(SelectHint(step_ms=HOUR_MS, range_ms=day, function="max_over_time")) == Choice(HOUR_MS, MAX)
    assert choose(SelectHint(step_ms=HOUR_MS, range_ms=HOUR_MS, function="rate")) == Choice(300_000, INCREASE)
    assert choose(SelectHint(step_ms=MINUTE_MS, range_ms=HOUR_MS, function="rate")) is None
    assert choose(SelectHint(step_ms=HOUR_MS, range_ms=10 * MINUTE_MS, function="rate")) is None
    assert choose(SelectHint(step_ms=HOUR_MS, range_ms=day, function="quantile_over_time")) is None
    assert choose(SelectHint(step_ms=HOUR_MS)) == Choice(300_000, LAST)
    assert choose(SelectHint(step_ms=MINUTE_MS)) is None


def test_aggregates_of_windows() -> None:
    times = np.array([1, 5, 6, 10, 11, 21], np.int64)
    values = np.array([[1.0, 3.0, 2.0, 5.0, STALE_NAN, 7.0], [4.0, 1.0, 1.0, 1.0, 2.0, 2.0]])
    windows = aggregate(DensePart(np.array([0, 1]), times, values), 10, 0)
    assert windows is not None
    assert windows.offsets.tolist() == [0, 2, 5]
    assert windows.times.tolist() == [10, 30, 10, 20, 30]
    column = {number: values.tolist() for number, values in enumerate(windows.columns, 1)}
    assert column[COUNT] == [4, 1, 4, 1, 1]
    assert column[SUM] == [11, 7, 7, 2, 2]
    assert column[MIN] == [1, 7, 1, 2, 2]
    assert column[MAX] == [5, 7, 4, 2, 2]
    assert column[LAST] == [5, 7, 1, 2, 2]
    assert column[INCREASE] == [2 + 2 + 3, 2, 1, 1, 0]
    later = aggregate(DensePart(np.array([0, 1]), times, values), 10, 10)
    assert later is not None
    assert later.times.tolist() == [30, 20, 30]


def test_resets_within_windows_are_put_between_their_ends() -> None:
    times = np.array([100, 200, 300, 100, 200], np.int64)
    last, increase = np.array([5.0, 9.0, 2.0, 1.0, 1.5]), np.array([3.0, 4.0, 9.0, 1.0, 0.5])
    batch = WindowBatch(np.array([7, 8]), [FlatPart(np.array([0, 1]), np.array([0, 3, 5]), times, last)])
    batch.insert(*resets(times, last, increase, np.array([0, 3])))
    assert batch.times.tolist() == [100, 200, 298, 299, 300, 100, 200]
    assert batch.values.tolist() == [5, 9, 16, 0, 2, 1, 1.5]
    assert (batch.starts.tolist(), batch.lengths.tolist()) == ([0, 5], [5, 2])


@pytest.fixture
def history(tmp_path: Path) -> Storage:
    """A day of a counter with resets and a gauge, one sample every two minutes, flushed and downsampled."""
    clock = FixedClock()
    storage = opened(tmp_path, clock, retention_ms=0)
    group = storage.open_group()
    group.reshape([series("requests_total"), series("level")])
    for row in range(28 * 30):
        clock.ms += 2 * MINUTE_MS
        group.append_row(clock.ms, np.array([float(row % 1000) * 3, np.sin(row / 50) * 10]))
    storage.maintain(clock.ms)
    assert storage.copies.built > 2
    return storage


def test_coarse_copies_answer_within_a_window(history: Storage) -> None:
    low, high = START_MS, START_MS + 28 * HOUR_MS
    raw = samples(history.select(matchers("level"), low, high))[series("level")]
    hint = SelectHint(step_ms=HOUR_MS, range_ms=HOUR_MS, function="max_over_time")
    coarse = samples(history.select(matchers("level"), low, high, hint=hint))[series("level")]
    assert len(coarse) < len(raw) / 2
    assert coarse[-1] == raw[-1]
    for end in range(low + 2 * HOUR_MS, low + 16 * HOUR_MS, HOUR_MS):
        expected = max(value for t, value in raw if end - HOUR_MS < t <= end)
        assert max(value for t, value in coarse if end - HOUR_MS < t <= end) == expected


def test_the_increase_survives_resets_and_the_seam_to_raw_samples(history: Storage) -> None:
    def growth(points: list[tuple[int, float]], low: int, high: int) -> float:
        values = [value for t, value in points if low < t <= high]
        return sum(after - before if after >= before else after for before, after in itertools.pairwise(values))

    one = series("requests_total")
    hint = SelectHint(step_ms=HOUR_MS, range_ms=HOUR_MS, function="rate")
    raw = samples(history.select(matchers("requests_total"), 0, 2**62))[one]
    coarse = samples(history.select(matchers("requests_total"), 0, 2**62, hint=hint))[one]
    assert len(coarse) < len(raw) / 2
    for hours in (3, 7, 20, 26):
        end = START_MS + 27 * HOUR_MS
        exact = growth(raw, end - hours * HOUR_MS, end)
        assert growth(coarse, end - hours * HOUR_MS, end) == pytest.approx(exact, abs=6 * 3)


def test_copies_are_merged_and_outlive_the_raw_samples(history: Storage) -> None:
    history.store.replace([block for block in history.store.blocks() if not block.meta.resolution_ms], [])
    seen = samples(history.select(matchers("level"), 0, 2**62, hint=SelectHint(step_ms=MINUTE_MS)))[series("level")]
    assert seen[0][0] <= START_MS + 10 * MINUTE_MS
    assert {info.resolution_ms for info in history.blocks()} == {300_000, HOUR_MS}


def test_histograms_are_left_out() -> None:
    part = FlatPart(
        np.array([0, 1]),
        np.array([0, 1, 2]),
        np.array([5, 5]),
        np.array([1.0, 2.0]),
        np.array([object(), None], object),
    )
    windows = aggregate(part, 10, 0)
    assert windows is not None
    assert windows.rows.tolist() == [1]
