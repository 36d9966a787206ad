"""The blocks of a storage folder: opening, reading, merging, deleting, setting damaged ones aside."""

import logging
import shutil
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from collector.storage.assemble import gather
from collector.storage.batch import Batch, Deleted
from collector.storage.block import Block
from collector.storage.blockwriter import BlockWriter
from collector.storage.compact import Merge
from collector.storage.downsample import COLUMNS
from collector.storage.interface import Rows
from collector.storage.sections import CorruptFileError
from collector.storage.series import SeriesTable
from collector.storage.ulid import is_ulid
from pharos.matchers import Matcher

logger = logging.getLogger(__name__)

_SAMPLES_AT_ONCE: Final = 2 << 20  # while writing a block: 16 MB of values
QUARANTINE: Final = "quarantine"

Reader = Callable[[Rows, int], Sequence[Batch]]  # series, column


class BlockStore:
    """Blocks by their names. Readers take `blocks()`, a snapshot; a deleted block stays readable for whoever has it."""

    def __init__(self, folder: Path, table: SeriesTable) -> None:
        self.folder = folder
        self.quarantined = 0
        self._table = table
        self._blocks: tuple[Block, ...] = ()
        self._lock = threading.Lock()

    def load(self) -> None:
        """Open every block; half-written or half-deleted folders go away, damaged blocks are set aside."""
        self.folder.mkdir(parents=True, exist_ok=True)
        found = []
        for path in sorted(self.folder.iterdir()):
            if path.suffix.startswith(".tmp-for"):
                shutil.rmtree(path)
            elif is_ulid(path.name):
                try:
                    found.append(Block(path))
                except (CorruptFileError, OSError, ValueError) as error:
                    self._set_aside(path, str(error))
        parents = {parent for block in found for parent in block.meta.parents}
        for block in found:
            if block.meta.ulid in parents:  # the merged block is complete: a crash came before its parents were deleted
                block.delete()
        self._blocks = tuple(block for block in found if block.meta.ulid not in parents)

    def discover(self) -> int:
        """Take blocks into service that someone else put there (an import); how many."""
        known = {block.folder.name for block in self._blocks}
        fresh = []
        for path in self.folder.iterdir():
            if is_ulid(path.name) and path.name not in known:
                try:
                    fresh.append(Block(path))
                except (CorruptFileError, OSError, ValueError) as error:
                    self._set_aside(path, str(error))
        if fresh:
            self.replace([], fresh)
        return len(fresh)

    def blocks(self) -> tuple[Block, ...]:
        """All blocks, oldest first."""
        return self._blocks

    @property
    def size_bytes(self) -> int:
        return sum(block.size_bytes for block in self._blocks)

    def quarantine(self, block: Block, reason: str) -> None:
        """Take a damaged block out of service; its files are kept for a look at them."""
        with self._lock:
            if block not in self._blocks:
                return
            self._blocks = tuple(other for other in self._blocks if other is not block)
        self._set_aside(block.folder, reason)

    def quarantine_of(self, error: CorruptFileError) -> None:
        """Take the block out of service that an error is about. Raises the error again when it is about none of ours."""
        for block in self._blocks:
            if block.folder == error.folder:
                self.quarantine(block, str(error))
                return
        if error.folder is None or error.folder.parent != self.folder:
            raise error

    def _set_aside(self, path: Path, reason: str) -> None:
        self.quarantined += 1
        target = self.folder / QUARANTINE / path.name
        logger.error("Corrupt block set aside", extra={"block": path.name, "reason": reason, "moved_to": str(target)})
        target.parent.mkdir(exist_ok=True)
        shutil.rmtree(target, ignore_errors=True)
        path.rename(target)

    def batches(
        self,
        blocks: Sequence[Block],
        matchers: Sequence[Matcher],
        min_ms: int,
        max_ms: int,
        within: tuple[int, int] | None = None,
    ) -> list[Batch]:
        """What blocks have of the series that match; `within`: from one number up to another. Raises `CorruptFileError`."""
        found: list[Batch] = []
        for block in blocks:
            if not block.overlaps(min_ms, max_ms):
                continue
            rows = block.series.match(matchers)
            sids = block.sids(rows, self._table)
            if within is not None:
                inside = (sids >= within[0]) & (sids < within[1])
                rows, sids = rows[inside], sids[inside]
            if len(rows):
                found.append(block.batch(rows, sids, min_ms, max_ms))
        return found

    def write(
        self,
        writer: BlockWriter,
        sids: Rows,
        samples_each: float,
        read: Reader,
        deleted: Deleted | None,
        columns: Sequence[int] = (0,),
        table: SeriesTable | None = None,
    ) -> Block | None:
        """Fill a new block with what `read` gives for series, a few at a time. table: where these have their numbers, if not the catalogue."""
        step = max(16, int(_SAMPLES_AT_ONCE / max(samples_each, 1.0)))
        try:
            for begin in range(0, len(sids), step):
                for column in columns:
                    series, parts = gather(read(sids[begin : begin + step], column), deleted=deleted)
                    writer.add(series, parts, column)
            path = writer.finish(table or self._table)
        except BaseException:
            writer.abort()
            raise
        return None if path is None else Block(path)

    def merge(self, plan: Merge, now_ms: int) -> Block | None:
        """Replace blocks by one that holds their samples. Raises `OSError`; a damaged block is set aside and left out."""
        names = {info.ulid for info in plan.blocks}
        parents = [block for block in self._blocks if block.meta.ulid in names]
        table = SeriesTable()  # of its own: old series shall not come into the catalogue
        sids_of = {block.meta.ulid: block.enter_into(table) for block in parents}
        everything = np.unique(np.concatenate(list(sids_of.values())))
        samples = sum(block.meta.num_samples for block in parents)

        last = plan.max_time - (0 if parents[0].meta.resolution_ms else 1)

        def read(wanted: Rows, column: int) -> list[Batch]:
            out: list[Batch] = []
            for block in parents:
                rows = np.flatnonzero(np.isin(sids_of[block.meta.ulid], wanted))
                if len(rows):
                    out.append(block.batch(rows, sids_of[block.meta.ulid][rows], plan.min_time, last, column))
            return out

        writer = BlockWriter.create(
            self.folder,
            now_ms,
            plan.min_time,
            plan.max_time,
            level=max(block.meta.level for block in parents) + 1,
            sources=tuple(sorted({source for block in parents for source in block.meta.sources})),
            parents=tuple(block.meta.ulid for block in parents),
            resolution_ms=parents[0].meta.resolution_ms,
            kind=parents[0].meta.kind,
        )
        columns = (0,) if not parents[0].meta.resolution_ms else range(1, len(COLUMNS) + 1)
        merged = self.write(writer, everything, samples / max(len(everything), 1), read, None, columns, table)
        self.replace(parents, [merged] if merged is not None else [])
        return merged

    def replace(self, old: Sequence[Block], new: Sequence[Block]) -> None:
        """Swap blocks; the old ones are deleted from disk."""
        with self._lock:
            kept = [block for block in self._blocks if block not in old]
            self._blocks = tuple(sorted([*kept, *new], key=lambda block: (block.min_time, block.max_time)))
        for block in old:
            block.delete()
