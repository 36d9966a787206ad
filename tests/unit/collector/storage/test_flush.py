"""When a window is over."""

from pathlib import Path

import numpy as np

from tests.unit.collector.storage.storage_support import HOUR_MS, START_MS, FixedClock, opened, series


def test_a_backlog_that_is_hours_behind_the_clock_is_taken_in_order(tmp_path: Path) -> None:
    clock = FixedClock(START_MS + 4 * HOUR_MS)
    storage = opened(tmp_path, clock)
    for minutes in range(0, 230, 10):
        times = np.array([START_MS + minutes * 60_000])
        assert storage.append([series("pushed")], times, np.array([1.0])).appended == 1
        clock.ms += 5_000
        storage.maintain(clock.ms)
    assert storage.head.flushed_until == START_MS + 2 * HOUR_MS  # an hour after the window's end, by the samples' time
    storage.close()


def test_what_is_left_when_nothing_comes_any_more_goes_into_a_block_by_the_clock(tmp_path: Path) -> None:
    clock = FixedClock(START_MS + HOUR_MS)
    storage = opened(tmp_path, clock)
    storage.append([series("last")], np.array([clock.ms]), np.array([1.0]))
    storage.maintain(clock.ms)
    clock.ms += HOUR_MS - 1
    storage.maintain(clock.ms)
    assert not storage.store.blocks()
    clock.ms += HOUR_MS + 1
    storage.maintain(clock.ms)
    assert [block.max_time for block in storage.store.blocks()] == [START_MS + 2 * HOUR_MS]
    storage.close()
