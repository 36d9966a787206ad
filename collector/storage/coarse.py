"""Answers queries from downsampled blocks where their steps allow it, and builds those blocks."""

import logging
from collections.abc import Callable, Sequence

import numpy as np

from collector.storage.assemble import Batch, gather
from collector.storage.block import Block
from collector.storage.blockstore import BlockStore
from collector.storage.blockwriter import BlockWriter
from collector.storage.downsample import INCREASE, LAST, RESOLUTIONS, Choice, WindowBatch, aggregate, choose, counters
from collector.storage.flush import SPILL_LEVEL
from collector.storage.interface import DensePart, FlatPart, Rows, SelectHint
from collector.storage.series import SeriesTable
from pharos.matchers import Matcher

logger = logging.getLogger(__name__)

RawReader = Callable[[Rows, int, int], Sequence[Batch]]


class CoarseCopies:
    """The downsampled blocks of a store."""

    def __init__(self, store: BlockStore, table: SeriesTable) -> None:
        self._store, self._table = store, table
        self.built = 0

    def blocks(self, resolution_ms: int) -> list[Block]:
        return [block for block in self._store.blocks() if block.meta.resolution_ms == resolution_ms]

    # -- reading -------------------------------------------------------------------------------------------------------

    def plan(self, hint: SelectHint, min_ms: int, max_ms: int, raw_min_ms: int) -> tuple[Choice, int, int] | None:
        """(what answers, from, to): that part of the time range needs no raw samples. None: all of it does."""
        choice = choose(hint)
        if choice is not None:
            found = self.blocks(choice.resolution_ms)
            if found:
                low, high = min(block.min_time for block in found), max(block.max_time for block in found)
                return (choice, max(low + 1, min_ms), min(high, max_ms)) if low < max_ms and high >= min_ms else None
        if min_ms >= raw_min_ms:
            return None
        for resolution in RESOLUTIONS:
            found = [block for block in self.blocks(resolution) if block.min_time < raw_min_ms]
            choice = choose(hint, forced_ms=resolution)
            if found and choice is not None:
                return choice, min_ms, min(raw_min_ms, max_ms, max(block.max_time for block in found))
        return None

    def batch(self, matchers: Sequence[Matcher], choice: Choice, min_ms: int, max_ms: int) -> Batch:
        """The windows that end in a time range. Raises `CorruptFileError`."""
        if choice.column != INCREASE:
            return WindowBatch(*self._gather(matchers, choice.resolution_ms, choice.column, min_ms, max_ms))
        last = WindowBatch(*self._gather(matchers, choice.resolution_ms, LAST, min_ms, max_ms))
        growth = WindowBatch(*self._gather(matchers, choice.resolution_ms, INCREASE, min_ms, max_ms))
        if len(last.sids):
            last.values = counters(last.values, growth.values, last.starts)
        return last

    def _gather(
        self, matchers: Sequence[Matcher], resolution_ms: int, column: int, min_ms: int, max_ms: int
    ) -> tuple[Rows, list[DensePart | FlatPart]]:
        batches: list[Batch] = []
        for block in self.blocks(resolution_ms):
            if block.overlaps(min_ms, max_ms):
                rows = block.series.match(matchers)
                if len(rows):
                    batches.append(block.batch(rows, block.sids(rows, self._table), min_ms, max_ms, column))
        return gather(batches)

    # -- building ------------------------------------------------------------------------------------------------------

    def build(self, read: RawReader, min_span_ms: int, now_ms: int) -> None:
        """Downsample raw blocks of at least a span that have no coarser copy yet. Raises `OSError`, `CorruptFileError`."""
        for resolution in RESOLUTIONS:
            covered = {source for block in self.blocks(resolution) for source in block.meta.sources}
            for block in self._store.blocks():
                raw = block.meta.resolution_ms == 0 and block.meta.level != SPILL_LEVEL
                if (
                    raw
                    and block.max_time - block.min_time >= min_span_ms
                    and not covered.issuperset(block.meta.sources)
                ):
                    self._build(block, resolution, read, now_ms)

    def _build(self, block: Block, resolution_ms: int, read: RawReader, now_ms: int) -> None:
        writer = BlockWriter.create(
            self._store.folder,
            now_ms,
            block.min_time,
            block.max_time,
            level=block.meta.level,
            sources=block.meta.sources,
            resolution_ms=resolution_ms,
            kind="windows",
        )
        sids = np.unique(block.sids(np.arange(len(block.series)), self._table))
        each = max(1.0, block.meta.num_samples / len(sids))
        step = max(16, int((2 << 20) / each))
        try:
            for begin in range(0, len(sids), step):
                batches = read(sids[begin : begin + step], block.min_time - resolution_ms + 1, block.max_time)
                series, parts = gather(batches)
                for part in parts:
                    windows = aggregate(part, resolution_ms, block.min_time)
                    if windows is not None:
                        writer.add_windows(series, windows)
            path = writer.finish(self._table)
        except BaseException:
            writer.abort()
            raise
        if path is not None:
            self.built += 1
            self._store.replace([], [Block(path)])
            logger.info("Block downsampled", extra={"block": block.meta.ulid, "resolution_ms": resolution_ms})
