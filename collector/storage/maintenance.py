"""What happens behind the scenes: fsync, sealing, flushing, merging, deletion of what is old. One thread at a time runs it.

A disk that refuses (full, read-only) stops nothing: what cannot be written stays in memory, the log and a metric say so, and the next round
tries again.
"""

import errno
import logging
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from collector.storage.batch import Batch
from collector.storage.block import Block
from collector.storage.blockstore import BlockStore
from collector.storage.blockwriter import BlockWriter
from collector.storage.checkpoint import remove_covered, write_checkpoint
from collector.storage.coarse import CoarseCopies
from collector.storage.compact import Merge, block_ranges, expired, plan_merge
from collector.storage.downsample import RESOLUTIONS
from collector.storage.flush import SPILL_LEVEL, SPILL_SAMPLES, Flusher
from collector.storage.head import Head
from collector.storage.interface import Rows
from collector.storage.lifetimes import Lifetimes
from collector.storage.options import StorageOptions
from collector.storage.order import MAX_TIME, MIN_TIME
from collector.storage.rawsource import RawSource
from collector.storage.sections import CorruptFileError
from collector.storage.tombstones import Tombstones
from collector.storage.ulid import new_ulid
from collector.storage.wal import list_segments
from pharos import allocator

logger = logging.getLogger(__name__)

_TRIM_EVERY_MS: Final = 10_000
_READ_BYTES: Final = 512 << 20  # of the log: what remote write has not read yet is kept up to this size
_SEGMENTS_KEPT: Final = 2  # of the log, at least: slabs older than this are sealed before they are full

# A start goes through up to three segments, 0.5 s for 200 MiB of records or for 40,000 of them. But a checkpoint holds all series and should be
# rare, and a slab should get its 32 rows before its segment is too old: a segment holds 20 rows of each target at least.
_SEGMENT_BYTES: Final = 200 << 20
_SEGMENT_RECORDS: Final = 40_000
_SEGMENT_ROWS: Final = 20

# Small segments are left by short lives. Rows stay in them, so that frames get longer than a life, as long as reading all of them takes 0.1 s.
_SMALL_BYTES: Final = 32 << 20
_RECORD_BYTES: Final = _SEGMENT_BYTES // _SEGMENT_RECORDS  # what takes as long as a record by itself


class Maintenance:
    """Counters are read by the metrics."""

    def __init__(
        self,
        path: Path,
        head: Head,
        store: BlockStore,
        flusher: Flusher,
        tombstones: Tombstones,
        copies: CoarseCopies,
        lifetimes: Lifetimes,
        options: StorageOptions,
    ) -> None:
        self._path, self._head, self._store, self._flusher = path, head, store, flusher
        self._tombstones, self._options = tombstones, options
        self._copies, self._lifetimes = copies, lifetimes
        self._lock = threading.Lock()
        self._refused: dict[str, str] = {}
        self.spill_samples = SPILL_SAMPLES
        self.log_wanted_from: Callable[[], int] = lambda: MAX_TIME  # the oldest segment that somebody still reads
        self._trimmed_ms = 0
        self.compactions = 0
        self.compactions_failed = 0
        self.flushes = 0
        self.checkpoints = 0
        self.checkpoints_failed = 0
        self.sync_failures = 0
        self.size_deletions = 0
        self.time_deletions = 0

    @property
    def disk_refuses(self) -> bool:
        return bool(self._refused)

    def write(self) -> bool:
        """Write the log without waiting for the disk."""
        wal = self._head.wal
        return wal is None or self._attempt("log", wal.write)

    def sync(self) -> bool:
        """Write and fsync the log."""
        wal = self._head.wal
        if wal is None:
            return True
        done = self._attempt("log", wal.sync)
        self.sync_failures += not done
        self._head.segment = wal.segment
        return done

    def run(self, now_ms: int) -> bool:
        """Whatever is due; each step is tried even when the one before failed."""
        with self._lock:
            self._head.log.tidy()
            self._store.discover()
            done = [
                self._attempt("segment", self._begin_segment),
                self._attempt("retention", lambda: self._expire(now_ms)),
                self._attempt("seal", lambda: self._head.seal(self._rows_kept_from())),
                self._attempt("flush", lambda: self._flush(now_ms)),
                self._attempt("rest", self._lifetimes.rest),
                self._attempt("checkpoint", self._checkpoint),
                self._attempt("compaction", lambda: self._compact(now_ms)),
                self._attempt("downsampling", lambda: self._downsample(now_ms)),
                self._attempt("release", lambda: self._lifetimes.release(now_ms)),
            ]
            if now_ms - self._trimmed_ms > _TRIM_EVERY_MS:
                self._trimmed_ms = now_ms
                allocator.give_back()  # what was freed at a reshape or flush would otherwise stay ours
                self._head.files.let_go()
            return all(done)

    def _attempt(self, what: str, work: Callable[[], None]) -> bool:
        try:
            work()
        except CorruptFileError as error:
            self._store.quarantine_of(error)
            return False
        except OSError as error:
            if self._refused.get(what) != str(error):
                full = error.errno in (errno.ENOSPC, errno.EDQUOT)
                logger.error(
                    "The disk is full, data stays in memory" if full else "The disk refuses, data stays in memory",
                    extra={"work": what, "reason": str(error), "path": str(self._path)},
                )
            self._refused[what] = str(error)
            return False
        if self._refused.pop(what, None) is not None:
            logger.info("The disk takes data again", extra={"work": what, "path": str(self._path)})
        return True

    def _flush(self, now_ms: int) -> None:
        self._head.files.sync()
        until = self._flusher.due_until(now_ms)
        spills = len(self._head.log) >= self.spill_samples
        if spills or (self._head.log and self._head.min_time < until):
            self._leave_log_behind()
        if spills:
            self.flushes += self._flusher.spill()
        if until != MIN_TIME:
            written = self._flusher.run(until)
            self.flushes += written
            if written:
                self._tombstones.forget_before(self._head.flushed_until)

    def _begin_segment(self) -> None:
        """Begin a new segment when this one would hold up a start."""
        wal = self._head.wal
        if wal is None or wal.segment_records < _SEGMENT_ROWS * len(self._head.groups):
            return
        if wal.segment_bytes >= _SEGMENT_BYTES or wal.segment_records >= _SEGMENT_RECORDS:
            self._head.segment = wal.cut()

    def _rows_kept_from(self) -> int:
        """The oldest segment of the log that may hold rows which are nowhere else: after many short lives there are many small ones."""
        oldest, small = self._head.segment - _SEGMENTS_KEPT, 0
        sizes = {} if self._head.wal is None else self._head.wal.sizes
        for number in range(self._head.segment - 1, -1, -1):
            size, count = sizes.get(number, (_SMALL_BYTES, 0))
            small += size + count * _RECORD_BYTES
            if small >= _SMALL_BYTES:
                break
            oldest = min(oldest, number)
        return oldest

    def _leave_log_behind(self) -> None:
        """What is written to blocks now shall not be read again at the next start: no segment of the log may hold it together with what comes."""
        if self._head.wal is not None:
            self._head.segment = self._head.wal.cut()
            self._head.seal(self._head.segment)

    def _checkpoint(self) -> None:
        wal = self._head.wal
        if wal is None:
            return
        keep_from = min(self._head.oldest_segment(), wal.segment)
        unread = max([self.log_wanted_from(), *list_segments(wal.folder)[:1]])
        try:
            self._lifetimes.leave_out(min(keep_from, unread))
            if write_checkpoint(wal.folder, self._head, self._tombstones, keep_from):
                self.checkpoints += 1
                self._lifetimes.checkpointed(min(keep_from, unread))
            remove_covered(wal.folder, self.log_wanted_from(), _READ_BYTES)
        except OSError:
            self.checkpoints_failed += 1
            raise

    def _compact(self, now_ms: int) -> None:
        spans = block_ranges(self._options.block_ms, self._options.retention_ms, self._options.max_block_ms)
        for resolution in sorted({block.meta.resolution_ms for block in self._store.blocks()}):
            while True:
                plan = plan_merge([block.info() for block in self._settled(resolution)], spans)
                if plan is None:
                    break
                self._merge(plan, now_ms)

    def _downsample(self, now_ms: int) -> None:
        if not self._options.downsampling:
            return
        spans = block_ranges(self._options.block_ms, self._options.retention_ms, self._options.max_block_ms)
        self._copies.build(self._raw_around, spans[1] if len(spans) > 1 else spans[0], now_ms)

    def _raw_around(self, block: Block, min_ms: int, max_ms: int) -> RawSource:
        near = [other for other in self._settled(0) if other is block or other.overlaps(min_ms, max_ms)]
        return RawSource(near, self._head)

    def _settled(self, resolution: int) -> list[Block]:
        return [
            block
            for block in self._store.blocks()
            if block.meta.resolution_ms == resolution and block.meta.level != SPILL_LEVEL
        ]

    def _merge(self, plan: Merge, now_ms: int) -> None:
        try:
            merged = self._store.merge(plan, now_ms)
        except (OSError, CorruptFileError):
            self.compactions_failed += 1
            raise
        self.compactions += 1
        logger.info(
            "Blocks merged",
            extra={"blocks": len(plan.blocks), "into": merged.meta.ulid if merged is not None else "nothing"},
        )

    def _expire(self, now_ms: int) -> None:
        blocks = {block.meta.ulid: block for block in self._store.blocks() if block.meta.resolution_ms == 0}
        infos = [block.info() for block in blocks.values()]
        newest = max((info.max_time for info in infos), default=0)
        newest = max(newest, self._head.max_time)
        other = self._head.files.size_bytes + folder_bytes(self._path / "wal")
        by_time = expired(infos, newest, self._options.retention_ms, 0)
        left = [info for info in infos if info not in by_time]
        by_size = expired(left, newest, 0, self._options.retention_bytes, other)
        for info in (*by_time, *by_size):
            logger.info("Block expired", extra={"block": info.ulid, "reason": "time" if info in by_time else "size"})
        self.time_deletions += len(by_time)
        self.size_deletions += len(by_size)
        self._expire_copies(newest)
        if by_time or by_size:
            self._store.replace([blocks[info.ulid] for info in (*by_time, *by_size)], [])

    def _expire_copies(self, newest: int) -> None:
        limits = zip(RESOLUTIONS, (self._options.retention_5m_ms, self._options.retention_1h_ms), strict=True)
        for resolution, retention_ms in limits:
            blocks = {block.meta.ulid: block for block in self._copies.blocks(resolution)}
            old = expired([block.info() for block in blocks.values()], newest, retention_ms, 0)
            if old:
                self._store.replace([blocks[info.ulid] for info in old], [])

    def clean_tombstones(self, now_ms: int) -> None:
        """Rewrite every block that has deletions."""
        with self._lock:
            for block in self._store.blocks():
                if len(block.tombstones):
                    self._merge(Merge((block.info(),), block.min_time, block.max_time), now_ms)

    def snapshot(self, now_ms: int, skip_head: bool) -> str:
        """See `Storage.snapshot`."""
        with self._lock:
            name = f"{np.datetime64(now_ms, 'ms').item():%Y%m%dT%H%M%SZ}-{new_ulid(now_ms)[-16:].lower()}"
            target = self._path / "snapshots" / name
            target.mkdir(parents=True)
            try:
                for block in self._store.blocks():
                    shutil.copytree(block.folder, target / block.meta.ulid, copy_function=os.link)
                if not skip_head:
                    self._write_head(target, now_ms)
            except BaseException:
                shutil.rmtree(target, ignore_errors=True)
                raise
            return name

    def _write_head(self, target: Path, now_ms: int) -> None:
        head, span = self._head, self._options.block_ms
        store = BlockStore(target, head.table)
        for window in head.windows_before(head.max_time + 1):
            end = window + span

            def read(wanted: Rows, column: int, window: int = window, end: int = end) -> list[Batch]:
                return head.batches(wanted, window, end - 1)

            writer = BlockWriter.create(target, now_ms, window, end)
            store.write(writer, head.sids_between(window, end - 1), span / 5000, read, self._tombstones)


def folder_bytes(folder: Path) -> int:
    """The size of the files in a folder."""
    return sum(entry.stat().st_size for entry in os.scandir(folder) if entry.is_file()) if folder.is_dir() else 0
