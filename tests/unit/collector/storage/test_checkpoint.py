"""Cutting the log: what is in blocks is not read again, what remote write still reads stays."""

from pathlib import Path

import numpy as np
import pytest

from collector.remote.sender.tail import LogTail, Position
from collector.storage import maintenance
from collector.storage.checkpoint import latest_checkpoint
from collector.storage.records import Kind
from collector.storage.storage import Storage
from collector.storage.wal import list_segments, read_segment, segment_path, write_segment
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


def lives(path: Path, clock: FixedClock, count: int) -> list[int]:
    """Processes that scrape two rows and are killed; how much of the head each leaves."""
    frames = []
    for life in range(count):
        storage = opened(path, clock)
        groups = [storage.open_group() for _ in range(2)]
        for number, group in enumerate(groups):
            group.reshape([series("scraped", target=str(number), i=str(i)) for i in range(3 + life // 5)])
        for row in range(2):
            clock.ms += 1000
            for group in groups:
                group.append_row(clock.ms, np.full(len(group.sids), life + row / 2))  # type: ignore[attr-defined]
        storage.sync()
        storage.maintain(clock.ms)
        assert len(storage.head.layouts) == 2
        frames.append(sum(len(layout.frames) for layout in storage.head.layouts.values()))
        storage.abandon()
    return frames


def test_what_a_start_reads_does_not_grow_with_kills(tmp_path: Path) -> None:
    clock = FixedClock()
    frames = lives(tmp_path, clock, 40)
    assert frames[-1] <= 2 * (1 + 40 * 2 // 32)  # full ones only
    storage = opened(tmp_path, clock)
    found = everything(storage)
    assert len(found) == 2 * (3 + 39 // 5)
    for labels, samples in found.items():
        born = max(0, int(dict(labels)["i"]) - 2) * 5
        assert [value for _, value in samples] == [life + half for life in range(born, 40) for half in (0.0, 0.5)]
    storage.close()


def test_rows_that_would_hold_up_a_start_are_sealed_with_each_life(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = lives(tmp_path / "usual", FixedClock(), 10)
    monkeypatch.setattr(maintenance, "_SMALL_BYTES", 1)
    frames = lives(tmp_path / "early", FixedClock(), 10)
    assert frames[-1] > usual[-1]
    assert len(list_segments(tmp_path / "early" / "wal")) <= 3 < len(list_segments(tmp_path / "usual" / "wal"))


def test_a_log_that_names_no_layouts_is_read(tmp_path: Path) -> None:
    clock = FixedClock()
    storage = opened(tmp_path, clock)
    group = storage.open_group()
    group.reshape([series("scraped", i=str(i)) for i in range(3)])
    for row in range(50):
        clock.ms += 1000
        group.append_row(clock.ms, np.arange(3.0) + row)
    storage.sync()
    storage.head.seal(0)
    storage.head.files.sync()
    before = everything(storage)
    storage.abandon()
    (number,) = list_segments(tmp_path / "wal")
    path = segment_path(tmp_path / "wal", number)
    records = list(read_segment(memoryview(path.read_bytes()), number, True, lambda _: None))
    write_segment(path, ((kind, bytes(payload)) for kind, payload in records if kind != Kind.LAYOUT))
    again = opened(tmp_path, clock)
    assert everything(again) == before
    again.close()
