"""Sealed rows on disk and in memory."""

import re
from pathlib import Path

import numpy as np

from collector.storage.group import HeadGroup
from tests.unit.collector.storage.storage_support import (
    START_MS,
    FixedClock,
    everything,
    matchers,
    opened,
    samples,
    series,
)

ROWS, WIDTH = 64, 2000


def resident_kb(file: Path) -> int:
    """How much of a mapped file this process is charged with."""
    maps = Path("/proc/self/smaps").read_text()
    found = re.findall(rf"{re.escape(str(file))}\n(?:.*\n)*?Rss: +(\d+) kB", maps)
    return sum(map(int, found))


def test_pages_that_queries_read_are_let_go_and_come_back(tmp_path: Path) -> None:
    storage = opened(tmp_path)
    group = storage.open_group()
    group.reshape([series("a", i=str(index)) for index in range(WIDTH)])
    values = np.random.default_rng(0).random((ROWS, WIDTH))
    for row in range(ROWS):
        group.append_row(START_MS + row * 1000, values[row])
    storage.sync()
    storage.maintain(START_MS)
    (file,) = (tmp_path / "head").glob("*.frames")
    before = samples(storage.select(matchers("a"), START_MS, START_MS + ROWS * 1000))
    assert resident_kb(file) > 100
    storage.head.files.let_go()
    assert resident_kb(file) < 100
    assert samples(storage.select(matchers("a"), START_MS, START_MS + ROWS * 1000)) == before
    storage.close()


def test_series_that_only_a_head_file_knows_are_written_to_the_log_when_they_come_again(tmp_path: Path) -> None:
    clock = FixedClock()
    page = [series("a", i=str(number)) for number in range(3)]
    storage = opened(tmp_path, clock)
    group = storage.open_group()
    group.reshape(page)
    write_row(group, clock)
    storage.head.seal(storage.head.segment + 1)
    storage.head.files.sync()
    storage.abandon()  # before the log was written
    for _ in range(2):
        storage = opened(tmp_path, clock)
        assert set(everything(storage)) == set(page)
        group = storage.open_group()
        group.reshape(page)
        write_row(group, clock)
        storage.sync()
        storage.abandon()
    storage = opened(tmp_path, clock)
    assert {len(samples) for samples in everything(storage).values()} == {3}
    storage.close()


def write_row(group: HeadGroup, clock: FixedClock) -> None:
    clock.ms += 1000
    assert group.append_row(clock.ms, np.ones(3)).appended == 3
