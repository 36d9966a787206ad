"""The public face of the storage: one folder, opened by one process.

    <path>/lock          held while open
    <path>/wal/          write-ahead log

Threads: appending happens on one thread (the event loop); selects run in worker threads; `sync` and `maintain` in other worker threads.
"""

import fcntl
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from collector.storage import records
from collector.storage.assemble import assemble
from collector.storage.exemplars import Exemplar
from collector.storage.group import HeadGroup
from collector.storage.head import MAX_TIME, MIN_TIME, Head
from collector.storage.interface import AppendReport, Selection, Timestamps, Values
from collector.storage.options import ReplayStatus, StorageOptions, TsdbStats
from collector.storage.records import Kind
from collector.storage.replay import Replay
from collector.storage.series import SeriesTable
from collector.storage.statistics import head_stats
from collector.storage.tombstones import Tombstones
from collector.storage.wal import WalWriter, list_segments
from pharos.clock import Clock, SystemClock
from pharos.labels import Labels, LabelSet
from pharos.matchers import Matcher

logger = logging.getLogger(__name__)

_SEGMENTS_KEPT: Final = 2  # of the log: slabs older than this are sealed before they are full


class Storage:
    """Implements `Queryable` and `Appendable`."""

    def __init__(self, path: Path | str, options: StorageOptions | None = None, clock: Clock | None = None) -> None:
        self.path = Path(path)
        self.options = options or StorageOptions()
        self.clock: Clock = clock or SystemClock()
        self.table = SeriesTable()
        self.head = Head(self.path / "head", self.table, self.options, self.clock)
        self.tombstones = Tombstones()
        self._replay = ReplayStatus()
        self._lock_file: int | None = None

    # -- life cycle ----------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Take the folder, repair and replay. Raises `OSError` when another process has it."""
        wal_folder = self.path / "wal"
        wal_folder.mkdir(parents=True, exist_ok=True)
        self._take_lock()
        self.head.load()
        replay = Replay(self.head, self.tombstones, self._progress)
        replay.run(wal_folder)
        segments = list_segments(wal_folder)
        self.head.wal = WalWriter(
            wal_folder,
            first=segments[-1] + 1 if segments else 1,
            segment_bytes=self.options.wal_segment_bytes,
            compression=self.options.wal_compression,
        )
        self.head.segment = self.head.wal.segment
        self._replay = ReplayStatus(self._replay.minimum, self._replay.maximum, self._replay.maximum, done=True)

    def close(self) -> None:
        """Write out everything and let the folder go."""
        if self.head.wal is not None:
            self.head.wal.close()
            self.head.wal = None
            self.head.files.close()
        self._release_lock()

    def abandon(self) -> None:
        """Let everything go as a killed process would: what was not synced is lost."""
        if self.head.wal is not None:
            self.head.wal.abandon()
            self.head.wal = None
            self.head.files.abandon()
        self._release_lock()

    def _release_lock(self) -> None:
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

    def sync(self) -> None:
        """Make everything appended so far durable. Raises `OSError`; call again later."""
        if self.head.wal is not None:
            self.head.wal.sync()
            self.head.segment = self.head.wal.segment

    def maintain(self, now_ms: int) -> None:
        """Seal, flush, compact, expire: whatever is due."""
        self.head.log.tidy()
        self.head.seal(self.head.segment - _SEGMENTS_KEPT)

    # -- Appendable ----------------------------------------------------------------------------------------------------

    def open_group(self) -> HeadGroup:
        return self.head.open_group()

    def append(self, series: Sequence[LabelSet], timestamps: Timestamps, values: Values) -> AppendReport:
        sids = self.head.register_repeated(series)
        return self.head.append_sids(sids, np.asarray(timestamps, np.int64), np.asarray(values, np.float64))

    def append_histograms(
        self, series: Sequence[LabelSet], timestamps: Timestamps, histograms: Sequence[Any]
    ) -> AppendReport:
        sids = self.head.register_repeated(series)
        return self.head.append_histograms(sids, np.asarray(timestamps, np.int64), histograms)

    def append_exemplars(self, series: Sequence[LabelSet], exemplars: Sequence[tuple[LabelSet, float, int]]) -> None:
        self.head.append_exemplars(self.head.register_repeated(series), exemplars)

    # -- Queryable -----------------------------------------------------------------------------------------------------

    def select(
        self, matchers: Sequence[Matcher], min_ms: int, max_ms: int, *, sample_limit: int = 0, hint: Any = None
    ) -> Selection:
        sids = self.table.match(matchers)
        batches = self.head.batches(sids, min_ms, max_ms)
        return assemble(self.table, batches, sample_limit=sample_limit, deleted=self.tombstones)

    def series(self, matchers: Sequence[Matcher], min_ms: int, max_ms: int, *, limit: int = 0) -> list[Labels]:
        sids = self.table.match(matchers)
        return [self.table.labels(sid) for sid in (sids[:limit] if limit else sids).tolist()]

    def label_names(self, matchers: Sequence[Matcher], min_ms: int, max_ms: int, *, limit: int = 0) -> list[str]:
        names = self.table.names_of(self.table.match(matchers) if matchers else None)
        return names[:limit] if limit else names

    def label_values(
        self, name: str, matchers: Sequence[Matcher], min_ms: int, max_ms: int, *, limit: int = 0
    ) -> list[str]:
        values = self.table.texts_of(name, self.table.match(matchers) if matchers else None)
        return values[:limit] if limit else values

    def exemplars(
        self, matcher_sets: Sequence[Sequence[Matcher]], min_ms: int, max_ms: int
    ) -> list[tuple[Labels, list[Exemplar]]]:
        """Exemplars by series, sorted by labels."""
        return self.head.exemplars.find(self.table, matcher_sets, min_ms, max_ms)

    # -- administration ------------------------------------------------------------------------------------------------

    def delete_series(self, matchers: Sequence[Matcher], min_ms: int, max_ms: int) -> None:
        """Delete samples with `min_ms <= t <= max_ms`; they are gone at once and leave the disk with the next rewrite."""
        sids = self.table.match(matchers)
        self.tombstones.add(sids, min_ms, max_ms)
        if self.head.wal is not None:
            self.head.wal.add(Kind.DELETE, *records.delete_parts(sids, min_ms, max_ms))

    def stats(self, limit: int = 10) -> TsdbStats:
        """Cardinality of the head; `limit` lines a list."""
        return head_stats(self.head, limit)

    @property
    def min_time(self) -> int:
        return self.head.min_time if self.head.min_time != MAX_TIME else 0

    @property
    def max_time(self) -> int:
        return self.head.max_time if self.head.max_time != MIN_TIME else 0
