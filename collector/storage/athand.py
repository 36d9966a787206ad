"""What the storage could tell within a millisecond or two, so that it may be asked on the event loop. Nothing here waits, or reads a sample."""

from collections.abc import Sequence
from typing import Final

from collector.storage.block import Block
from collector.storage.blockstore import BlockStore
from collector.storage.gate import Gate
from collector.storage.head import Head
from pharos.matchers import Matcher

_FEW_BLOCKS: Final = 2  # those that a question about the last hours meets; what is read of them may come from the disk
_FEW_SERIES: Final = 256  # all labels of so many are read and written in a millisecond
_FEW_TEXTS: Final = 2048  # labels of so many series, or so many values, are found and sorted in a millisecond


class AtHand:
    """Answers from the indices of the head and of few blocks."""

    def __init__(self, head: Head, store: BlockStore, gate: Gate) -> None:
        self._head, self._store, self._gate = head, store, gate

    def series(self, matchers: Sequence[Matcher], min_ms: int, max_ms: int) -> int | None:
        """As `Queryable.at_hand`."""
        count = self._count(matchers, min_ms, max_ms)
        return count if not count or self._head.settled else None

    def few_series(self, matchers: Sequence[Matcher], min_ms: int, max_ms: int) -> bool:
        """Whether few series match, and the labels are all that has to be looked at."""
        count = self._count(matchers, min_ms, max_ms) if max_ms >= self._head.max_time else None
        return count is not None and count <= _FEW_SERIES

    def few_labels(self, name: str, matchers: Sequence[Matcher], min_ms: int, max_ms: int) -> bool:
        """Whether few series match, or the index alone tells few values of a label (of no name: few labels)."""
        if matchers:
            count = self._count(matchers, min_ms, max_ms)
            return count is not None and count <= _FEW_TEXTS
        blocks = self._blocks(min_ms, max_ms)
        if blocks is None or not all(block.inside(min_ms, max_ms) for block in blocks):
            return False
        with self._gate.reading_at_once() as inside:
            return (
                inside
                and self._head.all_alive
                and self._head.table.value_count(name) <= _FEW_TEXTS
                and all(block.series.value_count(name) <= _FEW_TEXTS for block in blocks)
            )

    def _count(self, matchers: Sequence[Matcher], min_ms: int, max_ms: int) -> int | None:
        """About how many series match; None when that is not known at once or there are many blocks."""
        blocks = self._blocks(min_ms, max_ms)
        if blocks is None:
            return None
        with self._gate.reading_at_once() as inside:
            if not inside:
                return None
            most = 0
            for table in (self._head.table, *(block.series for block in blocks)):
                found = table.match_at_once(matchers)
                if found is None:
                    return None
                most = max(most, len(found))
            return most

    def _blocks(self, min_ms: int, max_ms: int) -> list[Block] | None:
        """The blocks of a time range, if they are few and not downsampled; else None."""
        blocks = [block for block in self._store.blocks() if block.overlaps(min_ms, max_ms)]
        return blocks if len(blocks) <= _FEW_BLOCKS and not any(block.meta.resolution_ms for block in blocks) else None
