"""A target's series in the head: rows of samples that share a timestamp."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from collector.storage.interface import ABSENT_BITS, ABSENT_NAN, STALE_BITS, STALE_NAN, AppendReport, Rows, Values
from collector.storage.layout import Layout
from pharos.labels import LabelSet

if TYPE_CHECKING:
    from collector.storage.head import Head

_MIN_TIME = -(2**63)
_NONE = np.empty(0, np.int64)


class HeadGroup:
    """Implements `ScrapeGroup`. `shape` counts reshapes, so that a row of the log is never read with the wrong columns."""

    def __init__(self, head: "Head", number: int) -> None:
        self.number = number
        self.shape = 0
        self.last_time = _MIN_TIME
        self.shared = False  # some series is also written by someone else: order is then checked per series
        self.sids: Rows = _NONE
        self.held: Rows = _NONE  # numbers that the scraper still refers to
        self._head = head
        self._layout: Layout | None = None
        self._columns: NDArray[np.int64] | None = None  # page column -> layout column; None: the same
        self._vanished: Rows = _NONE  # columns of the layout that get a staleness marker in the next row
        self._written = False  # the layout's last row is ours, not one from before a restart

    @property
    def layout(self) -> Layout | None:
        return self._layout

    def reshape(self, series: Sequence[LabelSet]) -> None:
        with self._head.steady:
            self.reshape_numbered(self._head.register(series))

    def reshape_numbered(self, numbers: Rows) -> None:
        with self._head.steady:
            self.adopt(numbers)
            self._head.log_shape(self)

    def hold(self, numbers: Rows) -> None:
        self.held = numbers

    def append_row(self, timestamp_ms: int, values: Values) -> AppendReport:
        report = AppendReport()
        if len(values) != len(self.sids):
            raise ValueError(f"a row of {len(values)} values for {len(self.sids)} series")
        if self._layout is None or not self._head.admits(timestamp_ms, self, values, report):
            return report
        if self.shared:
            values = self._head.checked_row(self, timestamp_ms, values, report)
        placed = self.place(timestamp_ms, values)
        report.appended += placed
        self._head.log_row(self, timestamp_ms, values, placed)
        return report

    def close(self, stale_at_ms: int | None) -> None:
        if stale_at_ms is not None and len(self.sids):
            self.append_row(max(stale_at_ms, self.last_time + 1), np.full(len(self.sids), STALE_NAN))
        self._head.close_group(self)

    def adopt(self, sids: Rows, number: int | None = None) -> None:
        """Take these series as the columns of the rows to come, in a layout that the log names or that fits."""
        gone, vanished = self._leaving(sids)
        layout = self._choose(sids, vanished, number)
        wanted = np.concatenate([sids, vanished]) if len(vanished) else sids
        missing = wanted[layout.columns_of(wanted) < 0] if len(layout.sids) else wanted
        if len(missing):
            self._head.extend_layout(layout, missing)
        self._columns = None if np.array_equal(layout.sids.view(), sids) else layout.columns_of(sids)
        self._vanished = layout.columns_of(vanished) if len(vanished) else _NONE
        self._head.claim(self, gone, sids)
        self.sids = sids
        self.shape += 1

    def _leaving(self, sids: Rows) -> tuple[Rows, Rows]:
        """Of the series so far those that are not among the new ones; and with them those that still wait for their staleness marker."""
        if self._layout is None:
            return _NONE, _NONE
        gone = np.setdiff1d(self.sids, sids)
        waiting = self._layout.sids.view()[self._vanished].astype(np.int64)
        return gone, np.setdiff1d(np.union1d(gone, waiting), sids)

    def _choose(self, sids: Rows, vanished: Rows, number: int | None) -> Layout:
        old = self._layout
        fits = old is not None and len(old.sids) <= 2 * (len(sids) + len(vanished)) + 64
        if old is not None and (fits if number is None else number == old.number):
            return old
        self._layout = self._head.layout_for(sids) if number is None else self._head.layout_numbered(number)
        self.last_time = max(self.last_time, self._layout.newest)
        self._written = False
        if old is not None:
            old.taken, old.closed = False, True
        return self._layout

    def place(self, timestamp_ms: int, values: Values) -> int:
        """Write a row; how many samples it holds, staleness markers of vanished series included."""
        layout = self._layout
        assert layout is not None, "reshape() comes first"
        markers = self._due_markers(layout)
        layout.writing = True
        slab = layout.slab_for(timestamp_ms, self._head.options.block_ms, self._head.segment)
        if slab.values.shape[1] < len(layout.sids):
            slab.widen(len(layout.sids))
        row = slab.values[slab.count]
        if self._columns is None:
            row[:] = values
        else:
            row[:] = ABSENT_NAN
            row[self._columns] = values
        if len(markers):
            row[markers] = STALE_NAN
            self._head.ended(layout.sids.view()[markers].astype(np.int64), timestamp_ms)
        slab.times[slab.count] = timestamp_ms
        slab.count += 1
        layout.writing = False
        self._written = True
        self.last_time = timestamp_ms
        present = len(values) - int(np.count_nonzero(values.view(np.uint64) == ABSENT_BITS))
        return present + len(markers)

    def place_more(self, times: NDArray[np.int64], rows: NDArray[np.float64]) -> None:
        """Write rows at once, ascending in time; `place` was called for the one before them. Only while nobody reads."""
        layout = self._layout
        assert layout is not None, "reshape() comes first"
        begin = 0
        while begin < len(times):
            slab = layout.slab_for(int(times[begin]), self._head.options.block_ms, self._head.segment)
            end = min(begin + slab.limit - slab.count, int(np.searchsorted(times, slab.window_end)))
            own = slice(slab.count, slab.count + end - begin)
            if self._columns is None:
                slab.values[own] = rows[begin:end]
            else:
                slab.values[own] = ABSENT_NAN
                slab.values[own, self._columns] = rows[begin:end]
            slab.times[own] = times[begin:end]
            slab.count += end - begin
            begin = end
        self.last_time = int(times[-1])

    def _due_markers(self, layout: Layout) -> NDArray[np.int64]:
        """Columns of vanished series that had a sample in the last row, and not a staleness marker already."""
        markers, self._vanished = self._vanished, _NONE
        last = layout.last_row() if len(markers) and self._written else None
        if last is None:
            return _NONE
        markers = markers[markers < len(last)]
        bits = last.view(np.uint64)[markers]
        due: NDArray[np.int64] = markers[(bits != STALE_BITS) & (bits != ABSENT_BITS)]
        return due

    def newest_values(self) -> Values | None:
        """The last row in the order of `sids`, when it is in memory."""
        row = None if self._layout is None else self._layout.last_row()
        if row is None or self._layout is None:
            return None
        columns = self._layout.columns_of(self.sids)
        known = (columns >= 0) & (columns < len(row))
        if not known.any():  # also a row of no columns at all, from a time when the target had no series
            return np.full(len(columns), ABSENT_NAN)
        return np.where(known, row[np.where(known, columns, 0)], ABSENT_NAN)

    def skip(self, timestamp_ms: int) -> None:
        """A row that is in a head file already."""
        self._vanished = _NONE
        self.last_time = max(self.last_time, timestamp_ms)
