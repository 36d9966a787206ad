"""Pieces of series out of the head's memory, as batches for `assemble`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from collector.storage.columns import copy_pieces, ranges
from collector.storage.frames import decode_columns, frame_times
from collector.storage.headfiles import HeadFiles
from collector.storage.interface import Rows, Timestamps, Values
from collector.storage.layout import ROWS, Layout, Slab
from collector.storage.samplelog import Run

_FEW: Final = 8  # series or segments: what Python does sooner than NumPy
_DECODE_AT_ONCE: Final = 8192  # pairs; keeps the intermediate arrays in the processor's cache
_LET_GO_FROM: Final = 100_000  # pairs; a few MiB of file


class SlabBatch:
    """Raw rows: one axis a slab, one piece a series and slab."""

    absent = True
    histograms = False

    def __init__(self) -> None:
        self.sids: Rows = np.empty(0, np.int64)
        self.axis: NDArray[np.int64] = np.empty(0, np.int64)
        self.times: Timestamps = np.empty(0, np.int64)
        self.starts: NDArray[np.int64] = np.empty(0, np.int64)
        self.lengths: NDArray[np.int64] = np.empty(0, np.int64)
        self._slabs: list[tuple[Values, slice, NDArray[Any]]] = []

    @classmethod
    def collect(
        cls, wanted: Sequence[tuple[Layout, tuple[Slab, ...], Rows, NDArray[Any]]], min_ms: int, max_ms: int
    ) -> "SlabBatch":
        """The rows of some columns: (layout, its slabs, sids, columns)."""
        batch = cls()
        sids, times, counts = [], [], []
        for _, slabs, mine, columns in wanted:
            for slab in slabs:
                count = slab.count
                values = slab.values
                moments = slab.times[:count]
                if not count or moments[0] > max_ms or moments[-1] < min_ms:
                    continue
                low = 0 if moments[0] >= min_ms else int(moments.searchsorted(min_ms))
                high = count if moments[-1] <= max_ms else int(moments.searchsorted(max_ms, "right"))
                if low >= high:
                    continue
                inside = columns < values.shape[1] if values.shape[1] <= int(columns.max()) else None
                times.append(moments[low:high])
                sids.append(mine if inside is None else mine[inside])
                counts.append(len(sids[-1]))
                batch._slabs.append((values, slice(low, high), columns if inside is None else columns[inside]))
        if sids:
            batch.sids = np.concatenate(sids)
            batch.axis = np.repeat(np.arange(len(sids)), counts)
            batch.times = np.concatenate(times)
            batch.lengths = np.array([len(part) for part in times], np.int64)
            batch.starts = np.cumsum(batch.lengths) - batch.lengths
        return batch

    def fill(self, destination: NDArray[np.int64], out: Values, objects: NDArray[np.object_] | None) -> None:
        offset = 0
        for values, rows, columns in self._slabs:
            block = (
                values[rows, :][:, columns].T
                if len(columns) > 1
                else values[rows, columns[0]][None, :]
                if len(columns)
                else None
            )
            if block is None:
                continue
            count, length = block.shape
            place = destination[offset : offset + count]
            offset += count
            if count == 1:
                out[place[0] : place[0] + length] = block[0]
            else:
                out[place[:, None] + np.arange(length)] = block


class RunBatch:
    """Samples with times of their own; series with the same times share an axis."""

    absent = False
    histograms = False

    def __init__(self, run: Run, sids: Rows, min_ms: int, max_ms: int) -> None:
        """sids: the series wanted, ascending."""
        place = run.find(sids)
        if len(place) <= _FEW:  # looking for series with the same times costs more than it saves
            first = axis = np.arange(len(place))
        else:
            _, first, axis = np.unique(run.axes()[place], return_index=True, return_inverse=True)
        begins, ends = run.offsets[place[first]], run.offsets[place[first] + 1]
        starts = bisect_segments(run.times, begins, ends, min_ms)
        lengths = bisect_segments(run.times, begins, ends, max_ms + 1) - starts
        low = starts - begins
        if not lengths.all():
            some = lengths > 0
            inside = some[axis]
            place, axis, low = place[inside], (np.cumsum(some) - 1)[axis[inside]], low[some]
            starts, lengths = starts[some], lengths[some]
        self.sids: Rows = run.sids[place].astype(np.int64)
        self.axis: NDArray[np.int64] = axis
        self.lengths: NDArray[np.int64] = lengths
        # Only the times that are wanted: the whole run may hold millions for a question about one series.
        self.times: Timestamps = _picked(run.times, starts, lengths)
        self.starts: NDArray[np.int64] = np.cumsum(lengths) - lengths
        self._first = run.offsets[place] + low[axis]
        self._values = run.values

    def fill(self, destination: NDArray[np.int64], out: Values, objects: NDArray[np.object_] | None) -> None:
        copy_pieces(self._values, self._first, out, destination, self.lengths[self.axis])


def _picked(times: Timestamps, starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> Timestamps:
    if len(starts) == 1:
        start = int(starts[0])
        return times[start : start + int(lengths[0])]
    return times[ranges(starts, lengths)]


def bisect_segments(
    times: Timestamps, begins: NDArray[np.int64], ends: NDArray[np.int64], value: int
) -> NDArray[np.int64]:
    """The first place in each ascending segment whose time is at least `value`, or its end."""
    if len(begins) <= _FEW:
        pairs = zip(begins.tolist(), ends.tolist(), strict=True)
        return np.array([begin + int(times[begin:end].searchsorted(value)) for begin, end in pairs], np.int64)
    low, high = begins.copy(), ends.copy()
    for _ in range(int((ends - begins).max(initial=0)).bit_length()):
        middle = (low + high) >> 1
        open_ = low < high
        before = open_ & (times[np.minimum(middle, len(times) - 1)] < value)
        low = np.where(before, middle + 1, low)
        high = np.where(open_ & ~before, middle, high)
    return low


def between(run: Run, min_ms: int, max_ms: int) -> Run:
    """The samples of a run in a time range."""
    if not len(run) or (int(run.times.min()) >= min_ms and int(run.times.max()) <= max_ms):
        return run
    keep = (run.times >= min_ms) & (run.times <= max_ms)
    offsets = np.r_[0, np.cumsum(keep)][run.offsets]
    some = offsets[1:] > offsets[:-1]
    return Run(run.sids[some], np.r_[0, offsets[1:][some]], run.times[keep], run.values[keep])


class FrameBatch:
    """Sealed rows: one axis a frame, one piece a series and frame. Nothing here loops over frames or series."""

    absent = True
    histograms = False

    def __init__(self, files: HeadFiles) -> None:
        self.sids: Rows = np.empty(0, np.int64)
        self.axis: NDArray[np.int64] = np.empty(0, np.int64)
        self.times: Timestamps = np.empty(0, np.int64)
        self.starts: NDArray[np.int64] = np.empty(0, np.int64)
        self.lengths: NDArray[np.int64] = np.empty(0, np.int64)
        self._files = files
        self._blocks: list[_FrameBlock] = []

    @classmethod
    def collect(
        cls,
        files: HeadFiles,
        wanted: Sequence[tuple[Layout, tuple[Slab, ...], Rows, NDArray[Any]]],
        min_ms: int,
        max_ms: int,
    ) -> "FrameBatch":
        """The sealed rows of some columns: (layout, its slabs as read before, sids, columns)."""
        batch = cls(files)
        lists = [layout.frames.view() for layout, _, _, _ in wanted]
        counts = np.array([len(part) for part in lists], np.int64)
        if not counts.sum():
            return batch
        frame = np.concatenate(lists).astype(np.int64)
        owner = np.repeat(np.arange(len(wanted)), counts)
        # A slab that was seen may have become a frame meanwhile.
        unsealed = np.array(
            [slabs[0].times[0] if slabs and slabs[0].count else max_ms + 1 for _, slabs, _, _ in wanted]
        )
        first, last = files.first.view()[frame], files.last.view()[frame]
        keep = (last >= min_ms) & (first <= max_ms) & (first < unsealed[owner])
        frame, owner, first, last = frame[keep], owner[keep], first[keep], last[keep]
        kinds = files.file.view()[frame].astype(np.int64) * (ROWS + 1) + files.rows.view()[frame]
        sizes = np.array([len(part[2]) for part in wanted], np.int64)
        sids = np.concatenate([part[2] for part in wanted])
        columns = np.concatenate([part[3] for part in wanted]).astype(np.int64)
        pairs = (sizes, np.cumsum(sizes) - sizes, sids, columns)
        for kind in np.unique(kinds).tolist():
            mine = kinds == kind
            batch._add(frame[mine], owner[mine], pairs, min_ms, max_ms)
        return batch

    def _add(
        self,
        frame: NDArray[np.int64],
        owner: NDArray[np.int64],
        pairs: tuple[NDArray[np.int64], NDArray[np.int64], Rows, NDArray[np.int64]],
        min_ms: int,
        max_ms: int,
    ) -> None:
        """Frames of one file with the same number of rows; pairs: how many columns each owner wants, where they begin, sids, columns."""
        file = self._files.file_numbered(int(self._files.file.view()[frame[0]]))
        if file is None:
            return
        data = file.bytes()
        rows = int(self._files.rows.view()[frame[0]])
        position = self._files.position.view()[frame]
        times = frame_times(data, position, rows)
        inside = (times >= min_ms) & (times <= max_ms)
        low = (times < min_ms).sum(axis=1)
        length = inside.sum(axis=1)
        if not length.all():
            some = length > 0
            frame, owner, position, times = frame[some], owner[some], position[some], times[some]
            inside, low, length = inside[some], low[some], length[some]
        if not len(frame):
            return
        sizes, begins, all_sids, all_columns = pairs
        index = ranges(begins[owner], sizes[owner])
        axis = np.repeat(np.arange(len(frame)), sizes[owner])
        column = all_columns[index]
        sids = all_sids[index]
        place = position[axis]
        exists = column < data[: len(data) // 8 * 8].view("<u4")[(place + 20) >> 2]
        if not exists.all():
            axis, column, sids, place = axis[exists], column[exists], sids[exists], place[exists]
        base = len(self.times)
        pieces = np.arange(len(self.sids), len(self.sids) + len(sids))
        self.sids = np.concatenate([self.sids, sids])
        self.axis = np.concatenate([self.axis, axis + len(self.starts)])
        self.times = np.concatenate([self.times, times[inside]])
        self.starts = np.concatenate([self.starts, base + np.cumsum(length) - length])
        self.lengths = np.concatenate([self.lengths, length])
        whole = bool((length == rows).all())
        self._blocks.append(_FrameBlock(data, rows, place, column, pieces, None if whole else inside[axis], low[axis]))

    def fill(self, destination: NDArray[np.int64], out: Values, objects: NDArray[np.object_] | None) -> None:
        for block in self._blocks:
            steps = np.arange(block.rows)
            place = destination[block.pieces] - block.low
            for begin in range(0, len(place), _DECODE_AT_ONCE):
                part = slice(begin, begin + _DECODE_AT_ONCE)
                values = decode_columns(block.data, block.position[part], block.column[part], block.rows)
                index = place[part, None] + steps
                if block.inside is None:
                    out[index] = values
                else:
                    out[index[block.inside[part]]] = values[block.inside[part]]
        if len(self.sids) > _LET_GO_FROM:
            self._files.let_go()


@dataclass(frozen=True, slots=True)
class _FrameBlock:
    """(frame, column) pairs of one file and row count, one for each piece; inside: rows in the time range, None for all."""

    data: NDArray[np.uint8]
    rows: int
    position: NDArray[np.int64]
    column: NDArray[np.int64]
    pieces: NDArray[np.int64]
    inside: NDArray[np.bool_] | None
    low: NDArray[np.int64]
