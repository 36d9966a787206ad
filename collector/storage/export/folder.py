"""A folder of blocks as something to select from."""

from collections.abc import Sequence
from pathlib import Path

from collector.storage.assemble import assemble
from collector.storage.batch import Batch
from collector.storage.block import Block
from collector.storage.blockstore import BlockStore
from collector.storage.interface import Selection
from collector.storage.series import SeriesTable
from collector.storage.ulid import is_ulid
from pharos.matchers import Matcher


class BlockFolder:
    """The blocks of a folder: a snapshot, or a data folder that is in use."""

    def __init__(self, folder: Path) -> None:
        self._table = SeriesTable()
        self._store = BlockStore(folder, self._table)
        self.blocks = [Block(path) for path in sorted(folder.iterdir()) if is_ulid(path.name)]

    @property
    def min_time(self) -> int:
        return min((block.min_time for block in self.blocks), default=0)

    @property
    def max_time(self) -> int:
        return max((block.max_time - 1 for block in self.blocks), default=0)

    def select(self, matchers: Sequence[Matcher], min_ms: int, max_ms: int) -> Selection:
        raw = [block for block in self.blocks if block.meta.resolution_ms == 0]
        batches: list[Batch] = self._store.batches(raw, matchers, min_ms, max_ms)
        return assemble(self._table, batches)
