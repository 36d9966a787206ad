"""The columns of one target in the head, and its newest rows as they came.

A layout is a list of series that only grows; column c of every slab and frame of the layout belongs to `sids[c]`. Rows are collected in a
slab of `ROWS` rows; full slabs are sealed into frames (frames.py) by the maintenance thread. Measured trade-off for ROWS = 32: 256 bytes
of raw values a series at most, and frames long enough that their headers do not count.

Readers take `layout.slabs()` first and `layout.frames` afterwards: sealing publishes the frame before it drops the slab, so that nothing is
missed; what is seen twice is left out by time.
"""

import threading
from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from collector.storage.columns import Column, room
from collector.storage.interface import ABSENT_NAN, Rows, Values

ROWS: Final = 32
MIN_TIME: Final = -(2**63)

_swap = threading.Lock()  # the appending and the sealing thread both replace a layout's tuple of slabs


def _rows(width: int) -> NDArray[np.float64]:
    """Room for ROWS rows."""
    return room(ROWS * width, np.float64).reshape(ROWS, width)


class Slab:
    """Up to ROWS raw rows. times: int64[ROWS]; values: float64[ROWS, width]; the first `count` rows are valid."""

    __slots__ = ("count", "limit", "segment", "times", "values", "window_end")

    def __init__(self, width: int, window_end: int, segment: int, limit: int) -> None:
        self.times: NDArray[np.int64] = np.zeros(ROWS, np.int64)
        self.values: NDArray[np.float64] = _rows(width)
        self.count = 0
        self.limit = limit
        self.window_end = window_end
        self.segment = segment  # the oldest segment of the log that can hold a row of it

    def widen(self, width: int) -> None:
        """Room for more columns; the rows so far have nothing there."""
        grown = _rows(width)
        old = self.values.shape[1]
        grown[: self.count, :old] = self.values[: self.count]
        grown[: self.count, old:] = ABSENT_NAN
        self.values = grown

    @property
    def last_time(self) -> int:
        return int(self.times[self.count - 1])


class Layout:
    """The columns of one target, its unsealed slabs (oldest first) and the numbers of its frames (ascending in time)."""

    __slots__ = ("closed", "frames", "number", "sealed_until", "sids", "slabs_", "tail", "taken", "writing")

    def __init__(self, number: int) -> None:
        self.number = number
        self.sids: Column[np.int64] = Column(np.int32, 0)
        self.slabs_: tuple[Slab, ...] = ()
        self.frames: Column[np.int64] = Column(np.int32, 0)
        self.sealed_until = MIN_TIME
        self.taken = False  # a group writes to it
        self.closed = False  # no row will come unless it is taken again: what it has can be sealed
        self.writing = False  # a row is being written right now
        self.tail: Values | None = None  # the newest row, when no slab holds it

    def slabs(self) -> tuple[Slab, ...]:
        return self.slabs_

    @property
    def newest(self) -> int:
        """The time of the newest row."""
        slabs = self.slabs_
        return max(self.sealed_until, slabs[-1].last_time) if slabs and slabs[-1].count else self.sealed_until

    def reopen(self) -> None:
        """Rows come again."""
        if self.closed:
            for slab in self.slabs_:
                slab.window_end = MIN_TIME  # takes no further row: it may be being sealed
        self.taken, self.closed = True, False

    def slab_for(self, timestamp_ms: int, block_ms: int, segment: int) -> Slab:
        """The slab that takes a row at this time; a slab never reaches over a block boundary."""
        if self.slabs_:
            slab = self.slabs_[-1]
            if slab.count < slab.limit and timestamp_ms < slab.window_end:
                return slab
        # The first slab of a layout is shorter by the layout's number: targets then fill their slabs in turn, not all at once.
        limit = ROWS if self.slabs_ or len(self.frames) else 1 + self.number * 13 % ROWS
        slab = Slab(len(self.sids), (timestamp_ms // block_ms + 1) * block_ms, segment, limit)
        with _swap:
            self.tail = self.tail if not self.slabs_ else None
            self.slabs_ = (*self.slabs_, slab)
        return slab

    def drop_slab(self, slab: Slab) -> None:
        with _swap:
            if slab.count and self.taken and self.slabs_ == (slab,):
                self.tail = slab.values[slab.count - 1].copy()
            self.slabs_ = tuple(other for other in self.slabs_ if other is not slab)

    def columns_of(self, sids: Rows) -> NDArray[np.int64]:
        """The column of each series, -1 where it has none."""
        own = self.sids.view()
        if not len(own):
            return np.full(len(sids), -1, np.int64)
        order = np.argsort(own, kind="stable")
        place = np.minimum(np.searchsorted(own, sids, sorter=order), len(own) - 1)
        column = order[place]
        return np.where(own[column] == sids, column, -1)

    def last_row(self) -> Values | None:
        """The newest row; None when there is none."""
        for slab in reversed(self.slabs_):
            if slab.count:
                row: Values = slab.values[slab.count - 1]
                return row
        return self.tail


class Placements:
    """Where the samples of a series are in the head: for each sid a chain of (layout, column), newest first."""

    def __init__(self) -> None:
        self._head: Column[np.int32] = Column(np.int32)
        self._layout: Column[np.int32] = Column(np.int32)
        self._column: Column[np.int32] = Column(np.int32)
        self._next: Column[np.int32] = Column(np.int32)

    def add(self, sids: Rows, layout: int, first_column: int) -> None:
        count = len(sids)
        if count == 0:
            return
        self._head.fill_to(int(sids.max()) + 1, -1)
        base = len(self._layout)
        self._layout.extend(np.full(count, layout, np.int32))
        self._column.extend(np.arange(first_column, first_column + count, dtype=np.int32))
        self._next.extend(self._head.view()[sids])
        self._head.view()[sids] = np.arange(base, base + count, dtype=np.int32)

    def keep(self, layouts: Iterable[int]) -> "Placements":
        """The same without layouts that are gone."""
        sids, numbers, columns = self.of(np.arange(len(self._head)))
        there = np.isin(numbers, np.fromiter(layouts, np.int32))
        sids, numbers, columns = sids[there], numbers[there], columns[there]
        order = np.argsort(sids, kind="stable")
        sids = sids[order]
        out = Placements()
        out._layout.extend(numbers[order])
        out._column.extend(columns[order])
        before = np.arange(-1, len(sids) - 1, dtype=np.int32)
        before[np.r_[True, sids[1:] != sids[:-1]][: len(sids)]] = -1
        out._next.extend(before)
        out._head.fill_to(int(sids.max(initial=-1)) + 1, -1)
        out._head.view()[sids] = np.arange(len(sids), dtype=np.int32)  # of several the last one stays
        return out

    def of(self, sids: Rows) -> tuple[Rows, NDArray[np.int32], NDArray[np.int32]]:
        """(sid, layout, column) triples of all series, as three arrays."""
        heads = self._head.view()
        current = sids[sids < len(heads)]
        place = heads[current]
        out_sids, out_places = [], []
        while True:
            alive = place >= 0
            current, place = current[alive], place[alive]
            if not len(place):
                break
            out_sids.append(current)
            out_places.append(place)
            place = self._next.view()[place]
        if not out_sids:
            empty = np.empty(0, np.int32)
            return np.empty(0, np.int64), empty, empty
        places = np.concatenate(out_places)
        return np.concatenate(out_sids), self._layout.view()[places], self._column.view()[places]
