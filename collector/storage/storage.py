"""The public face of the storage: one folder, opened by one process.

    <path>/lock          held while open
    <path>/wal/          write-ahead log and its checkpoint
    <path>/head/         sealed rows of the newest windows
    <path>/blocks/       immutable blocks; blocks/quarantine/ holds damaged ones
    <path>/snapshots/    what `snapshot` made

Threads: appending happens on one thread (the event loop); selects run in worker threads; `sync` and `maintain` in other worker threads.
"""

import fcntl
import heapq
import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np

from collector.histogram import FloatHistogram
from collector.storage import records
from collector.storage.athand import AtHand
from collector.storage.block import Block
from collector.storage.blockstore import BlockStore
from collector.storage.coarse import CoarseCopies
from collector.storage.exemplars import Exemplar
from collector.storage.flush import SPILL_LEVEL, Flusher, read_flushed
from collector.storage.gate import Gate
from collector.storage.group import HeadGroup
from collector.storage.head import Head
from collector.storage.interface import AppendReport, Rows, Selection, Timestamps, Values
from collector.storage.lifetimes import Lifetimes
from collector.storage.maintenance import Maintenance
from collector.storage.options import BlockInfo, ReplayStatus, StorageOptions, TsdbStats
from collector.storage.order import MAX_TIME, MIN_TIME
from collector.storage.records import Kind
from collector.storage.replay import Replay
from collector.storage.selecting import Selecting
from collector.storage.series import SeriesTable
from collector.storage.statistics import head_stats
from collector.storage.tombstones import Tombstones
from collector.storage.wal import WalWriter, list_segments
from pharos.clock import Clock, SystemClock
from pharos.labels import Labels, LabelSet
from pharos.matchers import Matcher

logger = logging.getLogger(__name__)


class Storage:
    """Implements `Queryable` and `Appendable`."""

    def __init__(self, path: Path | str, options: StorageOptions | None = None, clock: Clock | None = None) -> None:
        self.path = Path(path)
        self.options = options or StorageOptions()
        self.clock: Clock = clock or SystemClock()
        self.table = SeriesTable()
        self.head = Head(self.path / "head", self.table, self.options, self.clock)
        self.store = BlockStore(self.path / "blocks", self.table)
        self.tombstones = Tombstones()  # of the head, by series number
        self.replay_seconds = 0.0
        self.log_damages = 0
        flusher = Flusher(self.head, self.store, self.tombstones, lambda: int(self.clock.now() * 1000))
        self.copies = CoarseCopies(self.store, self.table)
        self._gate = Gate()
        self._selecting = Selecting(self.head, self.store, self.copies, self.tombstones, self.options)
        self._at_hand = AtHand(self.head, self.store, self._gate)
        self.lifetimes = Lifetimes(self.head, self.store, self.tombstones, self._gate)
        self.maintenance = Maintenance(
            self.path, self.head, self.store, flusher, self.tombstones, self.copies, self.lifetimes, self.options
        )
        self._replay = ReplayStatus()
        self._lock_file: int | None = None

    # -- life cycle ----------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Take the folder, repair and replay. Raises `OSError` when another process has it."""
        began = self.clock.monotonic()
        wal_folder = self.path / "wal"
        wal_folder.mkdir(parents=True, exist_ok=True)
        self._take_lock()
        self.store.load()
        self.head.load(read_flushed(self.head.files.folder))
        replay = Replay(self.head, self.tombstones, self._progress)
        replay.run(wal_folder)
        self.log_damages = len(replay.damages)
        segments = list_segments(wal_folder)
        self.head.wal = WalWriter(
            wal_folder,
            first=max([self.head.segment, *(number + 1 for number in segments)]),
            segment_bytes=self.options.wal_segment_bytes,
            compression=self.options.wal_compression,
        )
        self.head.segment = self.head.wal.segment
        self.head.wal.sizes.update(replay.sizes)
        self.lifetimes.begin(self.head.segment)
        for number in replay.abandoned:  # else their shapes would stay in the log for ever
            self.head.wal.add(Kind.CLOSE, *records.close_parts(number, None))
        self._replay = ReplayStatus(self._replay.minimum, self._replay.maximum, self._replay.maximum, done=True)
        self.replay_seconds = self.clock.monotonic() - began
        logger.info(
            "Storage opened",
            extra={
                "path": str(self.path),
                "blocks": len(self.store.blocks()),
                "replayed_samples": replay.samples,
                "seconds": round(self.replay_seconds, 3),
            },
        )

    def close(self) -> None:
        """Write out everything and let the folder go. Raises `OSError` when that fails; the folder is let go all the same."""
        try:
            if self.head.wal is not None:
                self.head.wal.close()
                self.head.files.close()
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Let everything go as a killed process would: what was not synced is lost."""
        if self.head.wal is not None:
            self.head.wal.abandon()
            self.head.wal = None
            self.head.files.abandon()
        if self._lock_file is not None:
            os.close(self._lock_file)
            self._lock_file = None

    def _take_lock(self) -> None:
        self._lock_file = os.open(self.path / "lock", os.O_CREAT | os.O_RDWR, 0o644)
        try:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock_file)
            self._lock_file = None
            raise OSError(f"the data folder {self.path} is in use by another process") from error

    def _progress(self, minimum: int, current: int, maximum: int) -> None:
        self._replay = ReplayStatus(minimum, maximum, current, done=False)

    def replay_status(self) -> ReplayStatus:
        return self._replay

    def write_log(self) -> bool:
        return self.maintenance.write()

    def sync(self) -> bool:
        """Make everything appended so far durable. False when the disk refused (said in the log and a metric); call again later."""
        return self.maintenance.sync()

    def maintain(self, now_ms: int) -> bool:
        """Seal, flush, compact, expire: whatever is due. False when the disk refused; call again later."""
        return self.maintenance.run(now_ms)

    # -- Appendable ----------------------------------------------------------------------------------------------------

    def open_group(self) -> HeadGroup:
        return self.head.open_group()

    def register(self, series: Sequence[LabelSet]) -> Rows:
        return self.head.register(series)

    def steady(self) -> AbstractContextManager[Any]:
        return self.head.steady

    def append(self, series: Sequence[LabelSet], timestamps: Timestamps, values: Values) -> AppendReport:
        with self.head.steady:
            sids = self.head.register_repeated(series)
            return self.head.append_sids(sids, np.asarray(timestamps, np.int64), np.asarray(values, np.float64))

    def append_histograms(
        self, series: Sequence[LabelSet], timestamps: Timestamps, histograms: Sequence[Any]
    ) -> AppendReport:
        with self.head.steady:
            sids = self.head.register_repeated(series)
            return self.head.append_histograms(sids, np.asarray(timestamps, np.int64), histograms)

    def append_beginnings(
        self, series: Sequence[LabelSet], timestamps: Timestamps, histograms: Sequence[Any | None]
    ) -> None:
        with self.head.steady:
            self._append_beginnings(self.head.register_repeated(series), timestamps, histograms)

    def _append_beginnings(self, sids: Rows, timestamps: Timestamps, histograms: Sequence[Any | None]) -> None:
        fits = (timestamps > self.head.newest_of(sids)) & (timestamps >= self.head.oldest_in_order)
        native = np.array([histogram is not None for histogram in histograms], bool)
        plain, native = fits & ~native, fits & native
        self.head.append_sids(sids[plain], timestamps[plain], np.zeros(int(plain.sum())))
        zeros = [
            FloatHistogram(integer=value.integer)
            for value, taken in zip(histograms, native.tolist(), strict=True)
            if taken and value
        ]
        self.head.append_histograms(sids[native], timestamps[native], zeros)

    def append_exemplars(self, series: Sequence[LabelSet], exemplars: Sequence[tuple[LabelSet, float, int]]) -> None:
        with self.head.steady:
            self.head.append_exemplars(self.head.register_repeated(series), exemplars)

    # -- Queryable -----------------------------------------------------------------------------------------------------

    def select(
        self, matchers: Sequence[Matcher], min_ms: int, max_ms: int, *, sample_limit: int = 0, hint: Any = None
    ) -> Selection:
        with self._gate.reading():
            return self._selecting.whole(matchers, min_ms, max_ms, sample_limit, hint)

    def slices(
        self, matchers: Sequence[Matcher], min_ms: int, max_ms: int, *, samples: int, series: int, hint: Any = None
    ) -> Iterator[Selection]:
        with (
            self._gate.reading()
        ):  # from the first to the last: series keep their numbers, so that each is in one slice
            yield from self._selecting.slices(matchers, min_ms, max_ms, samples, series, hint)

    def at_hand(self, matchers: Sequence[Matcher], min_ms: int, max_ms: int) -> int | None:
        return self._at_hand.series(matchers, min_ms, max_ms)

    def few_series(self, matchers: Sequence[Matcher], min_ms: int, max_ms: int) -> bool:
        """Whether `series` has so little to look at that it may be asked on the event loop."""
        return self._at_hand.few_series(matchers, min_ms, max_ms)

    def few_labels(self, name: str, matchers: Sequence[Matcher], min_ms: int, max_ms: int) -> bool:
        """Whether `label_values` (of no name: `label_names`) has so little to look at that it may be asked on the event loop."""
        return self._at_hand.few_labels(name, matchers, min_ms, max_ms)

    def series(self, matchers: Sequence[Matcher], min_ms: int, max_ms: int, *, limit: int = 0) -> list[Labels]:
        with self._gate.reading():
            in_head = self.head.matching(matchers, min_ms, max_ms)
            if max_ms < self.head.max_time:  # some of them may have begun later
                in_head = np.intersect1d(in_head, self.head.sids_between(MIN_TIME, max_ms))
            found = [in_head]
            for block, rows in self._matching_rows(matchers, min_ms, max_ms):
                found.append(block.sids(rows, self.table))
            sids = np.unique(np.concatenate(found))
            table = self.table.table(sids[:limit] if limit else sids)
        return table.all_labels()

    def label_names(self, matchers: Sequence[Matcher], min_ms: int, max_ms: int, *, limit: int = 0) -> list[str]:
        with self._gate.reading():
            names = set(self.table.names_of(self.head.labelled(matchers, min_ms, max_ms)))
        for block, rows in self._labelled_rows(matchers, min_ms, max_ms):
            names.update(block.series.names_of(rows))
        return _first(names, limit)

    def label_values(
        self, name: str, matchers: Sequence[Matcher], min_ms: int, max_ms: int, *, limit: int = 0
    ) -> list[str]:
        with self._gate.reading():
            values = set(self.table.texts_of(name, self.head.labelled(matchers, min_ms, max_ms)))
        for block, rows in self._labelled_rows(matchers, min_ms, max_ms):
            values.update(block.series.texts_of(name, rows))
        return _first(values, limit)

    def _labelled_rows(
        self, matchers: Sequence[Matcher], min_ms: int, max_ms: int
    ) -> Iterable[tuple[Block, Rows | None]]:
        """As `_matching_rows`, but None where it is all of them: their labels then stand in the index."""
        if matchers:
            yield from self._matching_rows(matchers, min_ms, max_ms)
            return
        for block in self.store.blocks():
            if block.inside(min_ms, max_ms):
                yield block, None
            elif block.overlaps(min_ms, max_ms):
                yield block, block.in_range(block.series.match([]), min_ms, max_ms)

    def _matching_rows(
        self, matchers: Sequence[Matcher], min_ms: int, max_ms: int
    ) -> Iterable[tuple[Block, np.ndarray[Any, Any]]]:
        for block in self.store.blocks():
            if block.overlaps(min_ms, max_ms):
                rows = block.series.match(matchers)
                yield block, block.in_range(rows, min_ms, max_ms)

    def exemplars(
        self, matcher_sets: Sequence[Sequence[Matcher]], min_ms: int, max_ms: int
    ) -> list[tuple[Labels, list[Exemplar]]]:
        """Exemplars by series, sorted by labels."""
        with self._gate.reading():
            return self.head.exemplars.find(self.table, matcher_sets, min_ms, max_ms)

    def labels_of(self, number: int) -> Labels:
        """The labels of a series by its number in the log; none when the log says nothing about it."""
        with self._gate.reading():
            return self.table.labels(number) if self.table.knows(np.array([number])) else {}

    @property
    def releases(self) -> int:
        """How often series were given up; their numbers may stand for others since."""
        return self.lifetimes.releases

    # -- administration ------------------------------------------------------------------------------------------------

    def delete_series(self, matchers: Sequence[Matcher], min_ms: int, max_ms: int) -> None:
        """Delete samples with `min_ms <= t <= max_ms`; they are gone at once and leave the disk with `clean_tombstones` or a merge."""
        for block, rows in self._matching_rows(matchers, min_ms, max_ms):
            block.delete_samples(rows, min_ms, max_ms)
        with self._gate.reading():
            self._delete_in_head(self.head.matching(matchers, min_ms, max_ms), min_ms, max_ms)

    def _delete_in_head(self, sids: Rows, min_ms: int, max_ms: int) -> None:
        newest = np.minimum(self.head.newest_of(sids), max_ms)  # what comes later is not deleted
        for high in np.unique(newest[newest >= min_ms]).tolist():
            mine = sids[newest == high]
            self.tombstones.add(mine, min_ms, high)
            if self.head.wal is not None:
                self.head.wal.add(Kind.DELETE, *records.delete_parts(mine, min_ms, high))

    def clean_tombstones(self) -> None:
        """Rewrite blocks without what was deleted from them. Raises `OSError`."""
        self.maintenance.clean_tombstones(int(self.clock.now() * 1000))

    def snapshot(self, *, skip_head: bool = False) -> str:
        """Blocks by hard links, and the head as blocks, under `snapshots/`; the name of the new folder. Raises `OSError`."""
        return self.maintenance.snapshot(int(self.clock.now() * 1000), skip_head)

    def blocks(self) -> list[BlockInfo]:
        """All blocks, oldest first."""
        return [block.info() for block in self.store.blocks() if block.meta.level != SPILL_LEVEL]

    def stats(self, limit: int = 10) -> TsdbStats:
        """Cardinality of the head; `limit` lines a list."""
        with self._gate.reading():
            return head_stats(self.head, limit)

    @property
    def min_time(self) -> int:
        """Of the oldest sample; 0 when there is none."""
        times = [block.min_time for block in self.store.blocks()]
        return min([self.head.min_time, *times]) if times or self.head.min_time != MAX_TIME else 0

    @property
    def max_time(self) -> int:
        """Of the newest sample; 0 when there is none."""
        times = [block.max_time - 1 for block in self.store.blocks()]
        return max([self.head.max_time, *times]) if times or self.head.max_time != MIN_TIME else 0


def _first(texts: Iterable[str], limit: int) -> list[str]:
    """In the order of their bytes in UTF-8, which is that of their characters."""
    return heapq.nsmallest(limit, texts) if limit else sorted(texts)
