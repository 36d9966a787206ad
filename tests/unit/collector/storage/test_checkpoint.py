"""Cutting the log: what is in blocks is not read again, what remote write still reads stays."""

from pathlib import Path

import numpy as np
import pytest

from collector.remote.sender.tail import LogTail, Position
from collector.storage import maintenance
from collector.storage.checkpoint import latest_checkpoint
from collector.storage.records import Kind
from collector.storage.storage import Storage
from collector.storage.wal import list_segments, read_segment
from tests.unit.collector.storage.storage_support import START_MS, FixedClock, everything, opened, series

LIMIT = 20


def push(storage: Storage, clock: FixedClock, count: int) -> None:
    for _ in range(count):
        clock.ms += 1000
        storage.append([series("pushed")], np.array([clock.ms]), np.array([clock.ms / 7]))


def spilled(path: Path, clock: FixedClock) -> Storage:
    """A target and pushed samples, of which most were written to blocks."""
    storage = opened(path, clock)
    storage.maintenance.spill_samples = LIMIT
    group = storage.open_group()
    group.reshape([series("scraped", i=str(i)) for i in range(3)])
    for row in range(3):
        group.append_row(clock.ms + 10_000 * row, np.arange(3.0) + row)
    push(storage, clock, LIMIT)
    storage.maintain(clock.ms)
    push(storage, clock, 3)
    group.append_row(clock.ms + 60_000, np.arange(3.0))
    storage.sync()
    return storage


def test_what_was_written_to_blocks_is_not_read_again(tmp_path: Path) -> None:
    clock = FixedClock()
    storage = spilled(tmp_path, clock)
    before = everything(storage)
    assert len(before[series("pushed")]) == LIMIT + 3
    storage.abandon()
    again = opened(tmp_path, clock)
    assert len(again.head.log) == 3
    assert everything(again) == before
    assert again.append([series("pushed")], np.array([START_MS]), np.zeros(1)).appended == 0  # the order is known
    again.close()


def test_segments_stay_for_who_still_reads_them(tmp_path: Path) -> None:
    clock = FixedClock()
    storage = opened(tmp_path, clock)
    storage.maintenance.spill_samples = LIMIT
    read_from = 0
    storage.maintenance.log_wanted_from = lambda: read_from
    group = storage.open_group()
    group.reshape([series("scraped")])
    for _ in range(3):
        push(storage, clock, LIMIT)
        group.append_row(clock.ms, np.ones(1))
        storage.maintain(clock.ms)
    push(storage, clock, 1)
    storage.sync()
    segments = list_segments(tmp_path / "wal")
    assert segments[0] == 0
    assert len(segments) == 4
    tail = LogTail(tmp_path / "wal")
    tail.start_at(Position())
    assert tail.read(10_000).count == 3 * LIMIT + 3 + 1

    read_from = segments[2]
    storage.maintain(clock.ms)
    assert list_segments(tmp_path / "wal") == segments[2:]
    tail = LogTail(tmp_path / "wal")
    tail.start_at(Position(segments[2]))  # in the middle: what the rows mean stands in the checkpoint before
    assert tail.read(10_000).count == LIMIT + 1 + 1
    before = everything(storage)
    storage.abandon()
    again = opened(tmp_path, clock)
    assert len(again.head.log) == 1
    assert everything(again) == before
    again.close()


def test_a_reader_that_lags_far_behind_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maintenance, "_READ_BYTES", 0)
    clock = FixedClock()
    storage = opened(tmp_path, clock)
    storage.maintenance.spill_samples = LIMIT
    storage.maintenance.log_wanted_from = lambda: 0
    push(storage, clock, LIMIT)
    storage.maintain(clock.ms)
    latest = latest_checkpoint(tmp_path / "wal")
    assert latest is not None
    assert all(number > latest[0] for number in list_segments(tmp_path / "wal"))
    storage.close()


def test_segments_are_short_for_many_small_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maintenance, "_SEGMENT_RECORDS", 10)
    clock = FixedClock()
    storage = opened(tmp_path, clock)
    for _ in range(4):
        push(storage, clock, 10)
        storage.sync()
        storage.maintain(clock.ms)
    assert storage.maintenance.checkpoints >= 3
    before = everything(storage)
    storage.abandon()
    again = opened(tmp_path, clock)
    assert everything(again) == before
    again.close()


def test_groups_of_killed_processes_leave_the_log(tmp_path: Path) -> None:
    clock = FixedClock()
    for _ in range(5):
        storage = opened(tmp_path, clock)
        group = storage.open_group()
        group.reshape([series("scraped")])
        clock.ms += 1000
        group.append_row(clock.ms, np.ones(1))
        storage.sync()
        storage.abandon()
    storage = opened(tmp_path, clock)
    assert len(everything(storage)[series("scraped")]) == 5
    storage.head.segment = storage.head.wal.cut()  # type: ignore[union-attr]
    storage.head.seal(storage.head.segment)
    storage.maintain(clock.ms)
    latest = latest_checkpoint(tmp_path / "wal")
    assert latest is not None
    kinds = [kind for kind, _ in read_segment(memoryview(latest[1].read_bytes()), 0, True, lambda _: None)]
    assert Kind.SHAPE not in kinds
    storage.close()
