"""Series that nothing refers to any more."""

from pathlib import Path

import numpy as np
import pytest

from collector.storage.checkpoint import write_checkpoint
from collector.storage.group import HeadGroup
from collector.storage.storage import Storage
from pharos.labels import LabelSet

from .storage_support import FixedClock, everything, matchers, opened, series

BLOCK_MS = 60_000


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def storage(tmp_path: Path, clock: FixedClock) -> Storage:
    return opened(tmp_path, clock, block_ms=BLOCK_MS, retention_ms=0, downsampling=False)


def page(pod: int, width: int = 5) -> list[LabelSet]:
    return [series("requests_total", pod=f"pod-{pod}", i=str(number)) for number in range(width)]


def live(storage: Storage, clock: FixedClock, pod: int, rows: int = 4) -> HeadGroup:
    """A target with a pod of its own, for a minute."""
    group = storage.open_group()
    group.reshape(page(pod))
    for _ in range(rows):
        clock.ms += 15_000
        group.append_row(clock.ms, np.arange(5) + float(pod))
    return group


def upkeep(storage: Storage, clock: FixedClock) -> None:
    storage.sync()
    assert storage.maintain(clock.ms)


def churn(storage: Storage, clock: FixedClock, pods: range) -> None:
    for pod in pods:
        live(storage, clock, pod).close(clock.ms + 1)
        upkeep(storage, clock)


def test_memory_holds_the_series_of_now_only(storage: Storage, clock: FixedClock) -> None:
    churn(storage, clock, range(14))
    assert storage.table.used <= 15
    assert len(storage.table) <= 20
    assert len(storage.table.symbols) < 15
    assert len(storage.head.placements.of(np.arange(len(storage.table)))[0]) <= 15
    assert len(everything(storage)) == 70


def test_a_series_that_comes_back_is_one_series(storage: Storage, clock: FixedClock) -> None:
    first = clock.ms
    churn(storage, clock, range(6))
    live(storage, clock, 0)
    found = everything(storage, '{pod="pod-0"}')
    assert set(found) == set(page(0))
    times = [t for t, _ in found[page(0)[0]]]
    assert times[0] == first + 15_000
    assert times[-1] == clock.ms


def test_numbers_are_used_again_and_blocks_do_not_mix_them_up(storage: Storage, clock: FixedClock) -> None:
    churn(storage, clock, range(6))
    everything(storage)  # now blocks know the catalogue's numbers
    before = len(storage.table)
    churn(storage, clock, range(6, 12))
    assert len(storage.table) <= before + 5
    for pod in range(12):
        found = everything(storage, f'{{pod="pod-{pod}",i="3"}}')
        assert {value for _, value in found[page(pod)[3]][:4]} == {3.0 + pod}


def test_what_a_target_still_shows_stays(storage: Storage, clock: FixedClock) -> None:
    group = storage.open_group()
    group.reshape(page(99))
    numbers = group.sids
    churn(storage, clock, range(6))
    assert [storage.labels_of(number) for number in numbers.tolist()] == [dict(labels) for labels in page(99)]
    clock.ms += 1000
    group.append_row(clock.ms, np.zeros(5))
    assert len(everything(storage, '{pod="pod-99"}')) == 5


def test_what_a_scraper_holds_stays(storage: Storage, clock: FixedClock) -> None:
    group = storage.open_group()
    with storage.steady():
        numbers = storage.register(page(99))
        group.hold(numbers)
    churn(storage, clock, range(6))
    assert storage.labels_of(int(numbers[0])) == dict(page(99)[0])
    group.hold(numbers[:0])
    churn(storage, clock, range(6, 12))
    assert not everything(storage, '{pod="pod-99"}')
    assert storage.register(page(99)[:1])[0] not in numbers[1:]


def test_a_series_asked_for_after_it_was_put_to_rest_stays(storage: Storage, clock: FixedClock) -> None:
    storage.maintenance.log_wanted_from = lambda: 0
    churn(storage, clock, range(4))
    first, other = storage.register(page(0)[:1]), storage.table.resolve(page(1)[:1])
    storage.lifetimes.leave_out(2**62)
    assert storage.head.logged()[first]
    assert not storage.head.logged()[other]


def test_a_series_left_out_of_the_checkpoint_is_logged_again_when_it_comes_back(
    tmp_path: Path, clock: FixedClock
) -> None:
    storage = opened(tmp_path, clock, block_ms=BLOCK_MS, retention_ms=0, downsampling=False)
    storage.maintenance.log_wanted_from = lambda: 0
    churn(storage, clock, range(4))
    storage.lifetimes.leave_out(2**62)
    assert storage.head.wal is not None
    write_checkpoint(storage.head.wal.folder, storage.head, storage.tombstones, storage.head.wal.cut())
    clock.ms += 1000
    storage.append(page(0)[:1], np.array([clock.ms]), np.array([7.0]))
    storage.sync()
    storage.abandon()
    again = opened(tmp_path, clock, block_ms=BLOCK_MS, retention_ms=0)
    assert everything(again, '{pod="pod-0",i="0"}')[page(0)[0]][-1] == (clock.ms, 7.0)
    assert len(everything(again)) == 20
    again.close()


def test_remote_write_that_is_behind_keeps_its_series(storage: Storage, clock: FixedClock) -> None:
    storage.maintenance.log_wanted_from = lambda: 0
    churn(storage, clock, range(6))
    assert storage.table.used == 30
    storage.maintenance.log_wanted_from = lambda: 2**62
    churn(storage, clock, range(6, 8))
    assert storage.table.used < 30
    assert storage.releases > 0


def test_exemplars_keep_their_series(storage: Storage, clock: FixedClock) -> None:
    storage.append_exemplars(page(0)[:1], [((("trace", "a"),), 1.0, clock.ms)])
    churn(storage, clock, range(1, 7))
    ((labels, found),) = storage.exemplars([matchers('{pod="pod-0"}')], 0, 2**62)
    assert labels == dict(page(0)[0])
    assert found[0].labels == (("trace", "a"),)


def test_a_running_query_puts_the_release_off(
    storage: Storage, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collector.storage.lifetimes._PATIENCE_S", 0.0)
    with storage._gate.reading():
        churn(storage, clock, range(7))
        assert storage.releases == 0
        assert storage.table.used == 35
    churn(storage, clock, range(7, 9))
    assert storage.releases > 0
    assert storage.table.used < 35


def test_an_answer_outlives_the_release(storage: Storage, clock: FixedClock) -> None:
    churn(storage, clock, range(3))
    selection = storage.select(matchers('{pod=~"pod-[012]"}'), 0, 2**62)
    churn(storage, clock, range(3, 9))
    assert storage.releases > 0
    shown = {tuple(selection.labels.labels(row).items()) for row in range(len(selection.labels))}
    assert shown == {labels for pod in range(3) for labels in page(pod)}


def test_the_head_tells_how_many_series_came_and_went(storage: Storage, clock: FixedClock) -> None:
    churn(storage, clock, range(8))
    head = storage.head
    assert head.removed >= 30
    assert head.series_count + head.removed == 40
    stats = storage.stats()
    assert stats.num_series == head.series_count
    assert {row.name: row.value for row in stats.series_by_metric}["requests_total"] == head.series_count
