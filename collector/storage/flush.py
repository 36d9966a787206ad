"""Moves the head to blocks: whole windows when they are over, and the sample log when it gets large."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from collector.storage.batch import Batch, Deleted
from collector.storage.block import Block
from collector.storage.blockstore import BlockStore
from collector.storage.blockwriter import BlockWriter
from collector.storage.head import Head
from collector.storage.interface import Rows
from collector.storage.order import MIN_TIME
from collector.storage.samplelog import Run
from collector.storage.sources import RunBatch, between
from collector.storage.wal import sync_folder

logger = logging.getLogger(__name__)

SPILL_SAMPLES: Final = 8 << 20  # 160 MB of the sample log in memory
SPILL_LEVEL: Final = 0  # of blocks that hold a part of a window that is not over


class Flusher:
    """Runs on the maintenance thread."""

    def __init__(self, head: Head, store: BlockStore, deleted: Deleted, now_ms: Callable[[], int]) -> None:
        self._head, self._store, self._deleted, self._now_ms = head, store, deleted, now_ms
        self._block_ms = head.options.block_ms
        self._appended = -1  # samples, when we last looked
        self._quiet_since_ms = 0

    def due_until(self, now_ms: int) -> int:
        """Windows before this are over: no sample in order can come any more. Time goes on with the samples, as whoever sends a backlog
        may be hours behind the clock; with the clock only when none has come for long."""
        newest = self._head.max_time
        if newest == MIN_TIME:
            return MIN_TIME
        if self._head.samples_appended != self._appended:
            self._appended, self._quiet_since_ms = self._head.samples_appended, now_ms
        if now_ms - self._quiet_since_ms >= self._block_ms // 2:
            newest = max(newest, min(now_ms, newest + self._block_ms))
        return (newest - self._block_ms // 2) // self._block_ms * self._block_ms

    def run(self, until: int) -> int:
        """Write all windows before `until` as blocks; how many were written. Raises `OSError`; the head then keeps everything."""
        head = self._head
        head.freeze()
        windows = head.windows_before(until)
        written = 0
        for window in windows:
            written += self._flush_window(window)
        if windows or until > head.flushed_until > MIN_TIME:
            mark_flushed(head.files.folder, until)
            head.truncate(until)
        return written

    def _flush_window(self, window: int) -> int:
        end = window + self._block_ms
        spilled = [
            block
            for block in self._store.blocks()
            if block.meta.level == SPILL_LEVEL and block.min_time >= window and block.max_time <= end
        ]
        rows = [np.arange(len(block.series)) for block in spilled]
        owners = [block.sids(row, self._head.table) for block, row in zip(spilled, rows, strict=True)]
        sids = np.unique(np.concatenate([self._head.sids_between(window, end - 1), *owners]))

        def read(wanted: Rows, column: int) -> list[Batch]:
            batches = self._head.batches(wanted, window, end - 1)
            for block, row, owner in zip(spilled, rows, owners, strict=True):
                chosen = np.isin(owner, wanted)
                batches.append(block.batch(row[chosen], owner[chosen], window, end - 1))
            return batches

        writer = BlockWriter.create(
            self._store.folder, self._now_ms(), window, end, parents=tuple(block.meta.ulid for block in spilled)
        )
        block = self._store.write(writer, sids, self._block_ms / 5000, read, self._deleted)
        self._store.replace(spilled, [block] if block is not None else [])
        if block is not None:
            logger.info(
                "Block written",
                extra={"block": block.meta.ulid, "series": block.meta.num_series, "samples": block.meta.num_samples},
            )
        return int(block is not None)

    def spill(self) -> int:
        """Write the sample log out; how many blocks were written."""
        runs = self._head.log.freeze()
        blocks = [block for run in runs for block in self._spill_run(run)]
        self._store.replace([], blocks)
        self._head.log.forget()
        return len(blocks)

    def _spill_run(self, run: Run) -> list[Block]:
        out = []
        first = int(run.times.min()) // self._block_ms * self._block_ms
        for window in range(first, int(run.times.max()) + 1, self._block_ms):
            part = between(run, window, window + self._block_ms - 1)
            if len(part):
                writer = BlockWriter.create(
                    self._store.folder, self._now_ms(), window, window + self._block_ms, level=SPILL_LEVEL
                )
                mean = len(part) / len(part.sids)

                def read(wanted: Rows, column: int, part: Run = part, window: int = window) -> list[Batch]:
                    return [RunBatch(part, wanted, window, window + self._block_ms - 1)]

                block = self._store.write(writer, part.sids.astype(np.int64), mean, read, None)
                out.extend([block] if block is not None else [])
        return out


def mark_flushed(folder: Path, until: int) -> None:
    """Remember durably that rows before a time are in blocks."""
    temporary = folder / "flushed.tmp"
    temporary.write_text(str(until))
    temporary.rename(folder / "flushed")
    sync_folder(folder)


def read_flushed(folder: Path) -> int:
    path = folder / "flushed"
    return int(path.read_text()) if path.exists() else MIN_TIME
