import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from collector.storage import athand, samplelog
from collector.storage.interface import ABSENT_NAN, STALE_NAN, TooManySamplesError, is_stale
from collector.storage.metrics import register_metrics
from collector.storage.storage import Storage

from .storage_support import HOUR_MS, START_MS, FixedClock, everything, matchers, opened, samples, series, write_rows


def test_rows_come_back_after_every_kind_of_end(tmp_path: Path) -> None:
    clock = FixedClock()
    storage = opened(tmp_path, clock)
    page = write_rows(storage, clock, rows=100)
    expected = {
        labels: [(START_MS + 15_000 * (row + 1), number * 10.0 + row) for row in range(100)]
        for number, labels in enumerate(page)
    }
    assert everything(storage) == expected
    storage.maintain(clock.ms)
    assert storage.head.files.windows() == [START_MS]
    assert everything(storage) == expected
    storage.sync()
    storage.abandon()
    storage = opened(tmp_path, clock)
    assert everything(storage) == expected
    storage.close()
    storage = opened(tmp_path, clock)
    assert everything(storage) == expected
    storage.close()


def test_a_vanished_series_ends_with_a_staleness_marker(tmp_path: Path) -> None:
    storage = opened(tmp_path)
    one, two = series("one"), series("two")
    group = storage.open_group()
    group.reshape([one, two])
    group.append_row(START_MS, np.array([1.0, 2.0]))
    group.reshape([two])
    report = group.append_row(START_MS + 1, np.array([3.0]))
    assert report.appended == 2
    group.append_row(START_MS + 2, np.array([4.0]))
    ((t, value),) = samples(storage.select(matchers("one"), START_MS + 1, 2**62))[one]
    assert t == START_MS + 1
    assert is_stale(np.array([value]))[0] or np.isnan(value)
    group.close(START_MS + 3)
    assert is_stale(storage.select(matchers("two"), START_MS + 3, 2**62).parts[0].values.ravel()).all()
    storage.close()


def test_order_rules_of_single_samples(tmp_path: Path) -> None:
    storage = opened(tmp_path, FixedClock(START_MS), max_ahead_ms=60_000)
    one = series("one")

    def put(offset: int, value: float) -> tuple[int, int, int, int, int]:
        report = storage.append([one], np.array([START_MS + offset]), np.array([value]))
        return report.appended, report.out_of_order, report.duplicate, report.too_old, report.too_far_ahead

    assert put(0, 1.0) == (1, 0, 0, 0, 0)
    assert put(0, 1.0) == (0, 0, 0, 0, 0)  # the same again is no news
    assert put(0, 2.0) == (0, 0, 1, 0, 0)
    assert put(-1, 2.0) == (0, 1, 0, 0, 0)
    assert put(60_001, 2.0) == (0, 0, 0, 0, 1)
    assert put(60_000, 3.0) == (1, 0, 0, 0, 0)
    assert put(-2 * HOUR_MS, 2.0) == (0, 0, 0, 1, 0)
    assert everything(storage) == {one: [(START_MS, 1.0), (START_MS + 60_000, 3.0)]}
    storage.close()


def test_a_window_takes_samples_out_of_order(tmp_path: Path) -> None:
    storage = opened(tmp_path, out_of_order_window_ms=10_000)
    one = series("one")
    storage.append([one], np.array([START_MS]), np.array([1.0]))
    assert storage.append([one], np.array([START_MS - 9_000]), np.array([2.0])).appended == 1
    assert storage.append([one], np.array([START_MS - 11_000]), np.array([2.0])).too_old == 1
    assert everything(storage) == {one: [(START_MS - 9_000, 2.0), (START_MS, 1.0)]}
    storage.close()


def test_beginnings_never_go_back(tmp_path: Path) -> None:
    storage = opened(tmp_path, out_of_order_window_ms=10_000)
    one, two = series("one"), series("two")
    storage.append([one], np.array([START_MS]), np.array([1.0]))
    storage.append_beginnings([one, two], np.array([START_MS - 1000, START_MS - 1000]), [None, None])
    storage.append_beginnings([one, two], np.array([START_MS + 1000, START_MS - 1000]), [None, None])
    assert everything(storage) == {one: [(START_MS, 1.0), (START_MS + 1000, 0.0)], two: [(START_MS - 1000, 0.0)]}
    storage.close()


def test_a_series_of_two_targets_keeps_its_order(tmp_path: Path) -> None:
    storage = opened(tmp_path)
    one = series("one")
    groups = [storage.open_group(), storage.open_group()]
    for group in groups:
        group.reshape([one])
    assert groups[0].append_row(START_MS, np.array([1.0])).appended == 1
    assert groups[1].append_row(START_MS - 1, np.array([2.0])).out_of_order == 1
    assert groups[1].append_row(START_MS + 1, np.array([3.0])).appended == 1
    assert storage.append([one], np.array([START_MS + 2]), np.array([4.0])).appended == 1
    assert groups[0].append_row(START_MS + 2, np.array([4.0])).duplicate == 0
    assert groups[0].append_row(START_MS + 3, np.array([5.0])).appended == 1
    assert [value for _, value in everything(storage)[one]] == [1.0, 3.0, 4.0, 5.0]
    storage.close()


def test_a_target_that_had_no_series_may_share_one_later(tmp_path: Path) -> None:
    storage = opened(tmp_path)
    shared = series("shared")
    first, second = storage.open_group(), storage.open_group()
    first.reshape([])
    first.append_row(START_MS, np.empty(0))
    first.reshape([shared])
    second.reshape([shared])
    second.append_row(START_MS + 1000, np.array([1.0]))
    assert everything(storage) == {shared: [(START_MS + 1000, 1.0)]}
    storage.close()


def test_absent_values_are_no_samples(tmp_path: Path) -> None:
    storage = opened(tmp_path)
    one, two = series("one"), series("two")
    group = storage.open_group()
    group.reshape([one, two])
    for row in range(6):
        group.append_row(START_MS + row, np.array([row * 1.0, ABSENT_NAN if row % 2 else 7.0]))
    assert [t - START_MS for t, _ in everything(storage)[two]] == [0, 2, 4]
    assert len(everything(storage)[one]) == 6
    storage.close()


def test_windows_become_blocks_and_blocks_merge(tmp_path: Path) -> None:
    clock = FixedClock()
    storage = opened(tmp_path, clock, retention_ms=0)
    page = write_rows(storage, clock, rows=24 * 60, step_ms=60_000)
    before = everything(storage)
    storage.maintain(clock.ms)
    assert everything(storage) == before
    spans = [(info.max_time - info.min_time) // HOUR_MS for info in storage.blocks()]
    assert 6 in spans
    assert sum(info.num_samples for info in storage.blocks()) + 3 * 60 > 3 * 22 * 60
    assert not storage.head.files.windows() or storage.head.files.windows()[0] >= storage.blocks()[-1].max_time
    short = samples(storage.select(matchers('requests_total{i="1"}'), START_MS + HOUR_MS, START_MS + 2 * HOUR_MS))
    assert [t for t, _ in short[page[1]]] == [START_MS + HOUR_MS + 60_000 * k for k in range(61)]
    storage.close()
    storage = opened(tmp_path, clock, retention_ms=0)
    assert everything(storage) == before
    assert storage.append([page[0]], np.array([START_MS]), np.array([1.0])).too_old == 1
    storage.close()


def test_retention_deletes_old_blocks(tmp_path: Path) -> None:
    clock = FixedClock()
    storage = opened(tmp_path, clock, retention_ms=6 * HOUR_MS)
    write_rows(storage, clock, rows=12 * 60, step_ms=60_000)
    storage.maintain(clock.ms)
    storage.maintain(clock.ms)
    assert min(info.min_time for info in storage.blocks() if not info.resolution_ms) >= clock.ms - 8 * HOUR_MS
    assert storage.maintenance.time_deletions > 0
    storage.close()


def test_deleted_samples_stay_away_and_cleaning_frees_them(tmp_path: Path) -> None:
    clock = FixedClock()
    storage = opened(tmp_path, clock)
    page = write_rows(storage, clock, rows=300, step_ms=60_000)
    storage.maintain(clock.ms)
    low, high = START_MS + HOUR_MS, clock.ms - HOUR_MS
    storage.delete_series(matchers('requests_total{i="1"}'), low, high)
    storage.sync()
    expected = [
        (t, v) for t, v in [(START_MS + 60_000 * (row + 1), 10.0 + row) for row in range(300)] if not low <= t <= high
    ]
    assert everything(storage)[page[1]] == expected
    storage.abandon()
    storage = opened(tmp_path, clock)
    assert everything(storage)[page[1]] == expected
    before = sum(info.num_samples for info in storage.blocks())
    storage.clean_tombstones()
    assert sum(info.num_samples for info in storage.blocks()) < before
    assert everything(storage)[page[1]] == expected
    storage.close()


def test_a_snapshot_is_a_storage_of_its_own(tmp_path: Path) -> None:
    clock = FixedClock()
    storage = opened(tmp_path / "data", clock)
    write_rows(storage, clock, rows=300, step_ms=60_000)
    storage.maintain(clock.ms)
    name = storage.snapshot()
    expected = everything(storage)
    storage.close()
    (tmp_path / "copy").mkdir()
    (tmp_path / "data" / "snapshots" / name).rename(tmp_path / "copy" / "blocks")
    copy = opened(tmp_path / "copy", clock)
    assert everything(copy) == expected
    copy.close()


def test_a_damaged_block_is_set_aside_and_the_rest_served(tmp_path: Path) -> None:
    clock = FixedClock()
    storage = opened(tmp_path, clock, retention_ms=0)
    write_rows(storage, clock, rows=400, step_ms=60_000)
    storage.maintain(clock.ms)
    victim = storage.blocks()[0]
    storage.close()
    chunks = tmp_path / "blocks" / victim.ulid / "chunks"
    damaged = bytearray(chunks.read_bytes())
    damaged[20] ^= 1
    chunks.write_bytes(damaged)
    storage = opened(tmp_path, clock, retention_ms=0)
    selection = storage.select(matchers("requests_total"), 0, 2**62)
    assert selection.warnings
    assert min(t for rows in samples(selection).values() for t, _ in rows) >= victim.max_time
    assert (tmp_path / "blocks" / "quarantine" / victim.ulid).is_dir()
    assert victim.ulid not in [info.ulid for info in storage.blocks()]
    storage.close()


@pytest.mark.parametrize("place", [0, 40, 200, -20])
def test_a_damaged_index_is_noticed_at_start(tmp_path: Path, place: int) -> None:
    clock = FixedClock()
    storage = opened(tmp_path, clock)
    write_rows(storage, clock, rows=400, step_ms=60_000)
    storage.maintain(clock.ms)
    victim = storage.blocks()[0]
    storage.close()
    index = tmp_path / "blocks" / victim.ulid / "index"
    damaged = bytearray(index.read_bytes())
    damaged[place] ^= 1
    index.write_bytes(damaged)
    storage = opened(tmp_path, clock)
    assert victim.ulid not in [info.ulid for info in storage.blocks()]
    assert len(everything(storage)) == 3
    storage.close()


def test_a_head_file_torn_anywhere_loses_nothing_that_the_log_still_has(tmp_path: Path) -> None:
    clock = FixedClock()
    storage = opened(tmp_path, clock)
    write_rows(storage, clock, rows=50)
    storage.maintain(clock.ms)
    expected = everything(storage)
    storage.close()
    (path,) = (tmp_path / "head").glob("*.frames")
    whole = path.read_bytes()
    for size in range(0, len(whole), 97):
        path.write_bytes(whole[:size])
        storage = opened(tmp_path, clock)
        assert everything(storage) == expected
        storage.abandon()


def test_the_log_is_cut_when_its_rows_are_in_head_files(tmp_path: Path) -> None:
    clock = FixedClock()
    storage = opened(tmp_path, clock, wal_segment_bytes=2_000)
    page = [series("m", i=str(number)) for number in range(50)]
    group = storage.open_group()
    group.reshape(page)
    own = series("rule")
    for row in range(200):
        clock.ms += 1000
        group.append_row(clock.ms, np.arange(50) + row * 1.0)
        storage.append([own], np.array([clock.ms]), np.array([row * 1.0]))
        storage.sync()
        storage.maintain(clock.ms)
    segments = [path for path in (tmp_path / "wal").iterdir() if path.name.isdigit()]
    assert len(segments) < 12
    assert storage.maintenance.checkpoints > 3
    expected = everything(storage)
    assert len(expected[own]) == len(expected[page[0]]) == 200
    storage.abandon()
    storage = opened(tmp_path, clock)
    assert everything(storage) == expected
    storage.close()


def test_a_full_disk_is_said_and_got_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock = FixedClock()
    storage = opened(tmp_path, clock)
    write_rows(storage, clock, rows=300, step_ms=60_000)
    expected = everything(storage)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        patched.setattr(os, "pwrite", full)
        assert not storage.sync()
        assert not storage.maintain(clock.ms)
        assert storage.maintenance.disk_refuses
        assert everything(storage) == expected
    assert "The disk is full" in caplog.text
    assert storage.sync()
    assert storage.maintain(clock.ms)
    assert not storage.maintenance.disk_refuses
    assert everything(storage) == expected
    storage.abandon()
    storage = opened(tmp_path, clock)
    assert everything(storage) == expected
    storage.close()


def test_labels_and_series_are_found_in_head_and_blocks(tmp_path: Path) -> None:
    clock = FixedClock()
    storage = opened(tmp_path, clock)
    write_rows(storage, clock, rows=300, step_ms=60_000, count=2)
    clock.ms += 10 * HOUR_MS
    storage.append([series("later", kind="x")], np.array([clock.ms]), np.array([1.0]))
    storage.maintain(clock.ms)
    assert storage.label_names([], 0, 2**62) == ["__name__", "i", "kind"]
    assert storage.label_names([], clock.ms, 2**62) == ["__name__", "kind"]
    assert storage.label_values("i", [], 0, 2**62) == ["0", "1"]
    assert storage.label_values("i", [], 0, 2**62, limit=1) == ["0"]
    assert storage.label_values("i", [], clock.ms, 2**62) == []
    assert storage.series(matchers('{i="1"}'), 0, 2**62) == [{"__name__": "requests_total", "i": "1"}]
    assert storage.stats().num_series == 1
    storage.close()


def test_what_is_at_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FixedClock()
    storage = opened(tmp_path, clock)
    write_rows(storage, clock, rows=300, step_ms=60_000, count=2)
    wanted, now = matchers('{__name__="requests_total"}'), clock.ms
    assert storage.at_hand(wanted, now - HOUR_MS, now) == 2
    assert storage.at_hand(matchers('{__name__=~"requests_.+"}'), now - HOUR_MS, now) is None
    assert storage.few_series(wanted, now - HOUR_MS, now)
    assert not storage.few_series(wanted, 0, now - HOUR_MS)  # some of them may have begun later
    assert storage.few_labels("i", [], now - HOUR_MS, now)
    assert storage.few_labels("", wanted, now - HOUR_MS, now)
    storage.maintain(now)
    assert len(storage.blocks()) == 2
    assert storage.at_hand(wanted, 0, 2**62) == 2
    assert storage.few_series(wanted, 0, 2**62)
    assert storage.few_labels("i", wanted, 0, 2**62)
    assert storage.few_labels("i", [], 0, 2**62)
    assert not storage.few_labels("i", [], START_MS + 1, 2**62)  # a part of a block
    monkeypatch.setattr(athand, "_FEW_BLOCKS", 1)
    assert storage.at_hand(wanted, 0, 2**62) is None
    assert not storage.few_labels("i", [], 0, 2**62)
    storage.close()


def test_nothing_is_at_hand_while_much_waits_to_be_sorted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samplelog, "_SETTLED", 3)
    storage = opened(tmp_path)
    wanted = matchers('{__name__="m"}')
    for at in range(8):
        storage.append([series("m")], np.array([START_MS + at]), np.array([1.0]))
        waiting = at + 1 > 3
        assert (storage.at_hand(wanted, 0, 2**62) is None) == waiting
    storage.select(wanted, 0, 2**62)
    assert storage.at_hand(wanted, 0, 2**62) == 1
    storage.append([series("m")], np.array([START_MS + 9]), np.array([1.0]))
    assert storage.at_hand(wanted, 0, 2**62) == 1
    storage.close()


def test_too_many_samples_are_refused(tmp_path: Path) -> None:
    clock = FixedClock()
    storage = opened(tmp_path, clock)
    write_rows(storage, clock, rows=10)
    with pytest.raises(TooManySamplesError):
        storage.select(matchers("requests_total"), 0, 2**62, sample_limit=29)
    assert len(samples(storage.select(matchers("requests_total"), 0, 2**62, sample_limit=30))) == 3
    storage.close()


def test_one_folder_serves_one_process(tmp_path: Path) -> None:
    storage = opened(tmp_path)
    with pytest.raises(OSError, match="in use by another process"):
        Storage(tmp_path).open()
    storage.close()
    opened(tmp_path).close()


def test_a_row_of_the_wrong_width_is_a_mistake(tmp_path: Path) -> None:
    storage = opened(tmp_path)
    group = storage.open_group()
    group.reshape([series("one")])
    with pytest.raises(ValueError, match="2 values for 1 series"):
        group.append_row(START_MS, np.array([1.0, STALE_NAN]))
    storage.close()


def test_own_metrics_have_prometheus_names(tmp_path: Path) -> None:
    clock = FixedClock()
    storage = opened(tmp_path, clock)
    registry = CollectorRegistry()
    register_metrics(storage, registry)
    write_rows(storage, clock, rows=5)
    assert registry.get_sample_value("prometheus_tsdb_head_series") == 3
    assert registry.get_sample_value("prometheus_tsdb_head_samples_appended_total") == 15
    assert registry.get_sample_value("prometheus_tsdb_blocks_loaded") == 0
    storage.close()


def test_late_samples_that_come_while_a_block_is_written_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FixedClock()
    storage = opened(tmp_path, clock, out_of_order_window_ms=10 * HOUR_MS, retention_ms=0)
    one = series("late")
    step = 60_000
    for row in range(0, 300, 2):
        storage.append([one], np.array([START_MS + row * step]), np.array([float(row)]))
    write = storage.store.write
    came = list(range(1, 100, 2))

    def slow(*args: Any) -> Any:
        block = write(*args)
        while came:
            row = came.pop()
            storage.append([one], np.array([START_MS + row * step]), np.array([float(row)]))
            storage.head.log.runs()
        return block

    monkeypatch.setattr(storage.store, "write", slow)
    clock.ms = START_MS + 300 * step
    storage.maintain(clock.ms)
    assert not came
    expected = [(START_MS + row * step, float(row)) for row in range(300) if row % 2 == 0 or row < 100]
    assert everything(storage)[one] == expected
    storage.maintain(clock.ms)
    assert everything(storage)[one] == expected
    storage.close()


def test_rows_of_a_target_without_series_leave_no_trace(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    clock = FixedClock()
    storage = opened(tmp_path, clock)
    group = storage.open_group()
    group.reshape([])
    group.append_row(clock.ms, np.empty(0))
    storage.sync()
    storage.abandon()
    storage = opened(tmp_path, clock)
    storage.maintain(clock.ms)  # seals what the killed process left
    storage.close()
    opened(tmp_path, clock).close()
    assert caplog.text == ""


def test_series_are_selected_in_the_order_in_which_they_came(tmp_path: Path) -> None:
    storage = opened(tmp_path)
    names = [series(f"s{number}") for number in range(12)]
    for number in (5, 3, 8, *range(12)):  # some have more samples than others, at times of their own
        times = START_MS + 15_000 * np.arange(1, 4 + number % 3)
        storage.append([names[number]] * len(times), times + number % 3, np.ones(len(times)))
    selection = storage.select(matchers("{__name__=~'.+'}"), 0, START_MS + HOUR_MS)
    shown = [selection.labels.labels(row)["__name__"] for row in range(len(selection.labels))]
    assert shown == ["s5", "s3", "s8", *(f"s{number}" for number in range(12) if number not in (5, 3, 8))]
    assert all((np.diff(part.rows) > 0).all() for part in selection.parts)
    storage.close()


def test_slices_hold_each_series_once_in_its_order(tmp_path: Path) -> None:
    clock = FixedClock()
    storage = opened(tmp_path, clock)
    page = write_rows(storage, clock, rows=150, step_ms=120_000, count=9)
    storage.maintain(clock.ms)
    assert storage.blocks()
    wanted = matchers('{__name__="requests_total",i!="4"}')
    whole = samples(storage.select(wanted, 0, 2**62))
    for limits in ({"samples": 300, "series": 99}, {"samples": 10**9, "series": 3}, {"samples": 1, "series": 99}):
        pieces = [samples(selection) for selection in storage.slices(wanted, 0, 2**62, **limits)]
        assert len(pieces) > 2
        assert [series for piece in pieces for series in piece] == [series for series in page if series in whole]
        assert {series: one for piece in pieces for series, one in piece.items()} == whole
    assert list(storage.slices(matchers('{__name__="nothing"}'), 0, 2**62, samples=9, series=9)) == []


def test_series_keep_their_numbers_until_the_last_slice(tmp_path: Path) -> None:
    storage = opened(tmp_path)
    write_rows(storage, FixedClock(), rows=10)
    slices = storage.slices(matchers('{__name__="requests_total"}'), 0, 2**62, samples=1, series=1)
    next(slices)
    with storage._gate.closed(0.0) as empty:
        assert not empty
    slices.close()
    with storage._gate.closed(0.0) as empty:
        assert empty
