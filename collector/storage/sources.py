"""Pieces of series out of the head's memory, as batches for `assemble`."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from collector.storage.columns import ranges
from collector.storage.interface import Rows, Timestamps, Values
from collector.storage.layout import Layout, Slab
from collector.storage.samplelog import Run

_MIX = np.uint64(0x9E3779B97F4A7C15)
_MIX2 = np.uint64(0xBF58476D1CE4E5B9)


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

    def __init__(self, run: Run) -> None:
        lengths = np.diff(run.offsets)
        keep = lengths > 0
        self.sids: Rows = run.sids[keep].astype(np.int64)
        self._starts = run.offsets[:-1][keep]
        self._lengths = lengths[keep]
        self._values = run.values
        self.times: Timestamps = run.times
        first, self.axis = _same_times(run.times, self._starts, self._lengths)
        self.starts: NDArray[np.int64] = self._starts[first]
        self.lengths: NDArray[np.int64] = self._lengths[first]

    def fill(self, destination: NDArray[np.int64], out: Values, objects: NDArray[np.object_] | None) -> None:
        out[ranges(destination, self._lengths)] = self._values[ranges(self._starts, self._lengths)]


def between(run: Run, min_ms: int, max_ms: int) -> Run:
    """The samples of a run in a time range."""
    if not len(run) or (int(run.times.min()) >= min_ms and int(run.times.max()) <= max_ms):
        return run
    keep = (run.times >= min_ms) & (run.times <= max_ms)
    before = np.r_[0, np.cumsum(keep)]
    return Run(run.sids, before[run.offsets], run.times[keep], run.values[keep])


def _same_times(
    times: Timestamps, starts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(first piece of each distinct time axis, axis of each piece): pieces one after the other without gaps."""
    if not len(starts):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    position = np.arange(len(times), dtype=np.uint64) - np.repeat(starts, lengths).astype(np.uint64)
    mixed = (times.astype(np.uint64) + position * _MIX2) * _MIX
    mixed ^= mixed >> np.uint64(29)
    mixed *= _MIX2
    sums = np.add.reduceat(mixed, starts) + lengths.astype(np.uint64)
    _, first, axis = np.unique(sums, return_index=True, return_inverse=True)
    return first.astype(np.int64), axis.astype(np.int64)
