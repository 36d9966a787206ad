"""When a series ends: its labels, its number and all that is kept by number are given up once nothing needs them any more.

A number is *referred to* by rows, samples and histograms of the head, by head files, by the columns of open groups and what their scrapers
hold, by exemplars and by deletions. A series that nothing refers to goes in four steps, each one safe to break off at:

1. rest: after a block was cut. All that the log says about the number is in segments up to the one that ends now.
2. leave out: when those segments are about to be replaced by a checkpoint, and nobody (remote write) still reads them. The checkpoint will
   not tell about the series. Whoever asks for it from now on writes it to the log again, and it stays.
3. the checkpoint is durable: no file refers to the number.
4. release: while no query runs, the catalogue is rewritten without the series, and the number may stand for another one.

Series that only blocks have are in the catalogue when a query has met them. The log does not know them: they go with step 4. See docs/adr.
"""

import logging
import time
from typing import Final

import numpy as np
from numpy.typing import NDArray

from collector.storage.blockstore import BlockStore
from collector.storage.gate import Gate
from collector.storage.head import Head
from collector.storage.interface import Rows
from collector.storage.order import MIN_TIME
from collector.storage.tombstones import Tombstones
from collector.storage.wal import sync_folder

logger = logging.getLogger(__name__)

_WORTH_IT: Final = 16  # a 16th of the catalogue must go: rewriting it costs time in proportion to what stays
_PATIENCE_S: Final = 2.0  # how long new queries wait for the running ones, so that series can be released
_TRY_AGAIN_MS: Final = 60_000  # after queries have taken longer
_STRANGERS: Final = (
    50_000  # series of blocks in the catalogue; more of them than of the head's own go before the next block is cut
)
_STRANGERS_STAY_MS: Final = 600_000


class Lifetimes:
    """Runs on the maintenance thread; `gate` keeps queries away while series are released."""

    def __init__(self, head: Head, store: BlockStore, tombstones: Tombstones, gate: Gate) -> None:
        self._head, self._store, self._tombstones, self._gate = head, store, tombstones, gate
        self._rested = MIN_TIME + 1  # what was flushed when we last looked
        self._resting: list[tuple[int, Rows]] = []  # last segment of the log that can mention them, numbers
        self._first_segment = 0  # of this life
        self._numbers_again = (
            False  # no file is left from before this life, which may mention numbers that we do not know
        )
        self._awaits_checkpoint = False
        self._due = False
        self._not_before_ms = 0
        self._released_ms = 0
        self.releases = 0
        self.seconds = 0.0

    def begin(self, first_segment: int) -> None:
        """The log of this life begins with a segment."""
        self._first_segment = first_segment

    def rest(self) -> None:
        """After a block was cut: find the series that nothing refers to. Raises `OSError` when the log cannot be cut."""
        head = self._head
        if head.wal is None or self._rested == head.flushed_until:
            return
        with head.steady:
            logged = head.logged()
            idle = np.flatnonzero(
                logged & ~self._referred()[: len(logged)]
            )  # queries may enter series of blocks meanwhile
            worth_it = len(idle) > 0 and len(idle) * _WORTH_IT >= np.count_nonzero(logged)
            if worth_it:
                head.put_to_rest(idle)
        if worth_it:
            head.segment = head.wal.cut()
            self._resting.append((head.segment - 1, idle))
        self._rested = head.flushed_until

    def leave_out(self, before: int) -> None:
        """Comes before a checkpoint. Segments from `before` on are read again at a start, or by others."""
        due = [sids for last, sids in self._resting if last < before]
        if due:
            self._resting = [(last, sids) for last, sids in self._resting if last >= before]
            with self._head.steady:
                sids = self._head.undisturbed(np.unique(np.concatenate(due)))
                self._head.leave_out(sids[~self._referred()[sids]])
            self._awaits_checkpoint = True

    def checkpointed(self, before: int) -> None:
        """A checkpoint is durable that knows of what was left out, and stands for all segments before this one."""
        self._due |= self._awaits_checkpoint
        self._awaits_checkpoint = False
        self._numbers_again |= before >= self._first_segment

    def release(self, now_ms: int) -> None:
        """Give up the series that the log does not tell about. Raises `OSError`."""
        crowded = now_ms - self._released_ms >= _STRANGERS_STAY_MS and self._crowded()
        if self._awaits_checkpoint or now_ms < self._not_before_ms or not (self._due or crowded):
            return
        sync_folder(
            self._head.files.folder
        )  # a head file that came back after a power failure would know the old numbers
        with self._gate.closed(_PATIENCE_S) as empty:
            if empty:
                began = time.perf_counter()
                count = self._release()
                self.seconds += time.perf_counter() - began
                self.releases += 1
                self._due, self._released_ms = False, now_ms
        if empty:
            logger.info("Series released", extra={"series": count, "left": self._head.table.used})
        else:
            self._not_before_ms = now_ms + _TRY_AGAIN_MS

    def _crowded(self) -> bool:
        logged = int(np.count_nonzero(self._head.logged()))
        return self._head.table.used - logged > max(_STRANGERS, logged)

    def _release(self) -> int:
        head = self._head
        with head.steady:
            used = head.table.in_use()
            lost = used & ~head.logged() & ~self._referred()
            gone = np.flatnonzero(lost)
            if len(gone) * _WORTH_IT >= np.count_nonzero(used) and len(gone):
                head.table.release(gone, free=self._numbers_again)
                head.forget(gone)
                head.placements = head.placements.keep(list(head.layouts))
                for block in self._store.blocks():
                    block.forget_sids(lost)
                return len(gone)
            return 0

    def _referred(self) -> NDArray[np.bool_]:
        """By number, for all of the catalogue."""
        head = self._head
        out = np.zeros(len(head.table), bool)
        for numbers in head.living():
            out[numbers] = True
        for group in list(head.groups.values()):
            out[group.sids] = True
            out[group.held] = True
        for known in head.files.known():
            out[: len(known)] |= known[: len(out)]
        out[head.exemplars.sids()] = True
        out[self._tombstones.sids()] = True
        return out
