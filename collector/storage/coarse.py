"""Answers queries from downsampled blocks where their steps allow it, and builds those blocks."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from collector.storage.assemble import gather
from collector.storage.batch import Batch
from collector.storage.block import Block
from collector.storage.blockstore import BlockStore
from collector.storage.blockwriter import BlockWriter
from collector.storage.downsample import (
    COUNT,
    INCREASE,
    LAST,
    MEAN,
    RESOLUTIONS,
    SUM,
    Choice,
    WindowBatch,
    aggregate,
    choose,
    resets,
)
from collector.storage.flush import SPILL_LEVEL
from collector.storage.interface import DensePart, FlatPart, Rows, SelectHint
from collector.storage.rawsource import RawSource
from collector.storage.series import SeriesTable
from pharos.matchers import Matcher

logger = logging.getLogger(__name__)

RawReader = Callable[[Block, int, int], RawSource]  # for samples near a block in a time range


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of time, both ends included, and what answers for it."""

    choice: Choice
    min_ms: int
    max_ms: int


class CoarseCopies:
    """The downsampled blocks of a store."""

    def __init__(self, store: BlockStore, table: SeriesTable) -> None:
        self._store, self._table = store, table
        self.built = 0

    def blocks(self, resolution_ms: int) -> list[Block]:
        return [block for block in self._store.blocks() if block.meta.resolution_ms == resolution_ms]

    # -- reading -------------------------------------------------------------------------------------------------------

    def plan(self, hint: SelectHint, min_ms: int, max_ms: int, raw_min_ms: int) -> list[Segment]:
        """The stretches of a time range that need no raw samples, newest first: none of them overlap. All the rest does need them."""
        segments: list[Segment] = []
        if not any(block.meta.resolution_ms for block in self._store.blocks()):
            return segments
        choice = choose(hint)
        if choice is not None:
            segments = [
                Segment(choice, max(low + 1, min_ms), min(high, max_ms))
                for low, high in self._covered(choice.resolution_ms)
                if low < max_ms and high >= min_ms
            ]
        oldest = min([raw_min_ms, *(segment.min_ms for segment in segments)])
        for resolution in RESOLUTIONS:
            choice = choose(hint, forced_ms=resolution)
            starts = [block.min_time for block in self.blocks(resolution) if block.min_time + 1 < oldest]
            if choice is not None and starts and min_ms < oldest:
                segments.append(Segment(choice, max(min_ms, min(starts) + 1), min(oldest - 1, max_ms)))
                oldest = min(starts) + 1
        return [segment for segment in segments if segment.min_ms <= segment.max_ms]

    def _covered(self, resolution_ms: int) -> list[tuple[int, int]]:
        """Stretches (after, until] of which there are copies of all samples, newest first."""
        copies = self.blocks(resolution_ms)
        sources = {source for block in copies for source in block.meta.sources}
        own = _union((block.min_time, block.max_time) for block in copies)
        holes = _union(
            (block.min_time, block.max_time)
            for block in self._store.blocks()
            if block.meta.resolution_ms == 0 and not sources.issuperset(block.meta.sources)
        )
        for begin, end in holes:
            own = [
                piece
                for low, high in own
                for piece in ((low, min(high, begin)), (max(low, end), high))
                if piece[0] < piece[1]
            ]
        return own[::-1]

    def batch(self, matchers: Sequence[Matcher], segment: Segment) -> Batch:
        """The windows that end in a stretch. Raises `CorruptFileError`."""
        choice, between = segment.choice, (segment.min_ms, segment.max_ms)
        if choice.column == MEAN:
            mean = WindowBatch(*self._gather(matchers, choice.resolution_ms, SUM, *between))
            mean.values = (
                mean.values / WindowBatch(*self._gather(matchers, choice.resolution_ms, COUNT, *between)).values
            )
            return mean
        if choice.column != INCREASE:
            return WindowBatch(*self._gather(matchers, choice.resolution_ms, choice.column, *between))
        last = WindowBatch(*self._gather(matchers, choice.resolution_ms, LAST, *between))
        growth = WindowBatch(*self._gather(matchers, choice.resolution_ms, INCREASE, *between))
        last.insert(*resets(last.times, last.values, growth.values, last.starts))
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
        """Downsample raw blocks of at least a span, and those that stayed alone in theirs. Raises `OSError`, `CorruptFileError`."""
        newest = max([block.max_time for block in self._store.blocks()], default=0)
        for resolution in RESOLUTIONS:
            covered = {source for block in self.blocks(resolution) for source in block.meta.sources}
            for block in self._store.blocks():
                raw = block.meta.resolution_ms == 0 and block.meta.level != SPILL_LEVEL
                complete = (block.min_time // min_span_ms + 1) * min_span_ms < newest
                if (
                    raw
                    and (complete or block.max_time - block.min_time >= min_span_ms)
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
        source = read(block, block.min_time - resolution_ms + 1, block.max_time)
        sids = source.sids_of(block)
        each = max(1.0, block.meta.num_samples / len(sids))
        step = max(16, int((2 << 20) / each))
        try:
            for begin in range(0, len(sids), step):
                batches = source.batches(sids[begin : begin + step], block.min_time - resolution_ms + 1, block.max_time)
                series, parts = gather(batches)
                for part in parts:
                    windows = aggregate(part, resolution_ms, block.min_time)
                    if windows is not None:
                        writer.add_windows(series, windows)
            path = writer.finish(source.table)
        except BaseException:
            writer.abort()
            raise
        if path is not None:
            self.built += 1
            self._store.replace([], [Block(path)])
            logger.info("Block downsampled", extra={"block": block.meta.ulid, "resolution_ms": resolution_ms})


def _union(stretches: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Stretches that touch or overlap become one; ascending."""
    out: list[tuple[int, int]] = []
    for low, high in sorted(stretches):
        if out and low <= out[-1][1]:
            out[-1] = (out[-1][0], max(high, out[-1][1]))
        else:
            out.append((low, high))
    return out
