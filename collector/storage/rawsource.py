"""Raw samples of blocks and head under series numbers of their own: whoever rewrites old blocks leaves nothing in the catalogue."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from collector.storage.batch import Batch
from collector.storage.block import Block
from collector.storage.head import Head
from collector.storage.interface import Rows
from collector.storage.series import SeriesTable


class RawSource:
    """`table` holds the series of the blocks; of the head it tells what these series have there."""

    def __init__(self, blocks: Sequence[Block], head: Head) -> None:
        self.table = SeriesTable()
        self._head = head
        self._owners = [(block, block.enter_into(self.table)) for block in blocks]
        self._in_head = head.table.find_all(self.table)  # the catalogue's numbers, -1: it does not know the series

    def sids_of(self, block: Block) -> Rows:
        """The series of one of the blocks, ascending."""
        return np.unique(next(owners for other, owners in self._owners if other is block))

    def batches(self, wanted: Rows, min_ms: int, max_ms: int) -> list[Batch]:
        """What blocks and head have of some series in a time range."""
        found: list[Batch] = []
        for block, owners in self._owners:
            if block.overlaps(min_ms, max_ms):
                rows = np.flatnonzero(np.isin(owners, wanted))
                if len(rows):
                    found.append(block.batch(rows, owners[rows], min_ms, max_ms))
        return [*found, *self._of_head(wanted, min_ms, max_ms)]

    def _of_head(self, wanted: Rows, min_ms: int, max_ms: int) -> list[Batch]:
        numbers = self._in_head[wanted]
        known = numbers >= 0
        numbers, wanted = numbers[known], wanted[known]
        own: NDArray[np.int64] = np.full(int(numbers.max(initial=-1)) + 1, -1, np.int64)
        own[numbers] = wanted
        batches = self._head.batches(np.sort(numbers), min_ms, max_ms)
        for batch in batches:
            batch.sids = own[batch.sids]
        return batches
