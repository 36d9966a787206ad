"""What is selected of head, blocks and coarser copies: as a whole, or some series at a time."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final, TypeVar

import numpy as np

from collector.storage.assemble import assemble, slice_bounds
from collector.storage.batch import Batch
from collector.storage.block import Block
from collector.storage.blockstore import BlockStore
from collector.storage.coarse import CoarseCopies, Segment
from collector.storage.head import Head
from collector.storage.interface import Rows, SelectHint, Selection
from collector.storage.options import StorageOptions
from collector.storage.sections import CorruptFileError
from collector.storage.tombstones import Tombstones
from pharos.matchers import Matcher

T = TypeVar("T")

_MAX_QUARANTINES: Final = 100  # damaged blocks one query may run into before it gives up


class Selecting:
    """Numbers of series must stay what they are while it works."""

    def __init__(
        self, head: Head, store: BlockStore, copies: CoarseCopies, tombstones: Tombstones, options: StorageOptions
    ) -> None:
        self._head, self._store, self._copies = head, store, copies
        self._table, self._tombstones, self._options = head.table, tombstones, options

    def whole(
        self, matchers: Sequence[Matcher], min_ms: int, max_ms: int, sample_limit: int, hint: Any = None
    ) -> Selection:
        """As `Queryable.select`."""
        return self._assembled(lambda: self._batches(matchers, min_ms, max_ms, hint), sample_limit)

    def slices(
        self, matchers: Sequence[Matcher], min_ms: int, max_ms: int, samples: int, series: int, hint: Any = None
    ) -> Iterator[Selection]:
        """As `SlicedQueryable.slices`."""
        if self._coarse(hint, min_ms, max_ms):  # the coarser copies are small
            yield self.whole(matchers, min_ms, max_ms, 0, hint)
            return
        batches, _ = self._undamaged(lambda: self._raw_batches(matchers, min_ms, max_ms))
        bounds = slice_bounds(batches, samples, series)
        del batches
        for low, high in itertools.pairwise(bounds):
            yield self._assembled(partial(self._raw_batches, matchers, min_ms, max_ms, (low, high)))

    def _assembled(self, plan: Callable[[], list[Batch]], sample_limit: int = 0) -> Selection:
        selection, warnings = self._undamaged(
            lambda: assemble(self._table, plan(), sample_limit=sample_limit, deleted=self._tombstones)
        )
        return replace(selection, warnings=warnings) if warnings else selection

    def _undamaged(self, read: Callable[[], T]) -> tuple[T, tuple[str, ...]]:
        """What is read once damaged blocks are put aside, and a warning for each of those."""
        warnings: tuple[str, ...] = ()
        for _ in range(_MAX_QUARANTINES):
            try:
                return read(), warnings
            except CorruptFileError as error:
                self._store.quarantine_of(error)
                warnings = (*warnings, f"a damaged block was left out: {error}")
        raise CorruptFileError("too many damaged blocks")

    def _coarse(self, hint: Any, min_ms: int, max_ms: int) -> list[Segment]:
        """Which stretches coarser copies answer for, the newest first."""
        if not self._options.downsampling or not isinstance(hint, SelectHint):
            return []
        return list(self._copies.plan(hint, min_ms, max_ms, self._raw_min_time()))

    def _batches(self, matchers: Sequence[Matcher], min_ms: int, max_ms: int, hint: Any) -> list[Batch]:
        batches: list[Batch] = []
        for segment in self._coarse(hint, min_ms, max_ms):
            if segment.max_ms < max_ms:
                batches.extend(self._raw_batches(matchers, segment.max_ms + 1, max_ms))
            coarse = self._copies.batch(matchers, segment)
            batches.append(coarse)
            batches.extend(self._left_out(matchers, segment.min_ms, segment.max_ms, coarse.sids))
            max_ms = segment.min_ms - 1
        return [*batches, *self._raw_batches(matchers, min_ms, max_ms)] if min_ms <= max_ms else batches

    def _left_out(self, matchers: Sequence[Matcher], min_ms: int, max_ms: int, sids: Rows) -> Iterable[Batch]:
        """Raw samples of series that coarse copies do not hold: those of native histograms."""
        for block in self._raw_blocks():
            if block.overlaps(min_ms, max_ms):
                rows = block.series.match(matchers)
                owners = block.sids(rows, self._table)
                lost = ~np.isin(owners, sids)
                if lost.any():
                    yield block.batch(rows[lost], owners[lost], min_ms, max_ms)

    def _raw_batches(
        self, matchers: Sequence[Matcher], min_ms: int, max_ms: int, within: tuple[int, int] | None = None
    ) -> list[Batch]:
        """Raw samples; `within`: only of series from one number up to another."""
        sids = self._table.match(matchers)
        if within is not None:
            low, high = np.searchsorted(sids, within).tolist()
            sids = sids[low:high]
        # The head comes first: a block that takes its place meanwhile is then seen in both, never in none.
        head = self._head.batches(sids, min_ms, max_ms)
        return [*self._store.batches(self._raw_blocks(), matchers, min_ms, max_ms, within), *head]

    def _raw_min_time(self) -> int:
        return min([self._head.min_time, *(block.min_time for block in self._raw_blocks())])

    def _raw_blocks(self) -> list[Block]:
        return [block for block in self._store.blocks() if block.meta.resolution_ms == 0]
