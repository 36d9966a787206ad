"""Samples with times of their own: pushed, remote-written, out of order, results of rules.

They are appended as batches `(sid, t, v)` and sorted when somebody reads or when the head is flushed. Sorted runs are merged when they are
of like size, so that there are few of them.
"""

import threading
from typing import Final

import numpy as np
from numpy.typing import NDArray

from collector.storage.columns import ranges
from collector.storage.interface import Rows, Timestamps, Values

_SORT_AT: Final = 1 << 18
_SETTLED: Final = 16 * 1024  # samples that are sorted in about a millisecond
_MIX = np.uint64(0x9E3779B97F4A7C15)
_MIX2 = np.uint64(0xBF58476D1CE4E5B9)


class Run:
    """Samples by series and time, without duplicates. Series `sids[i]` owns samples `offsets[i]:offsets[i + 1]`."""

    __slots__ = ("_axes", "offsets", "sids", "times", "values")

    def __init__(self, sids: NDArray[np.int32], offsets: NDArray[np.int64], times: Timestamps, values: Values) -> None:
        self.sids = sids
        self.offsets = offsets
        self.times = times
        self.values = values
        self._axes: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.times)

    def rows(self) -> NDArray[np.int32]:
        """The series of each sample."""
        return np.repeat(self.sids, np.diff(self.offsets))

    def find(self, sids: Rows) -> NDArray[np.int64]:
        """Places of some series (ascending sids)."""
        if not len(self.sids):
            return np.empty(0, np.int64)
        wanted = sids.astype(self.sids.dtype)  # else NumPy would convert the long array, not the short one
        place = np.minimum(self.sids.searchsorted(wanted), len(self.sids) - 1)
        found: NDArray[np.int64] = place[self.sids[place] == wanted]
        return found

    def pick(self, sids: Rows) -> "Run":
        """The samples of some series (ascending sids) only."""
        place = self.find(sids)
        lengths = self.offsets[place + 1] - self.offsets[place]
        index = ranges(self.offsets[place], lengths)
        return Run(self.sids[place], np.r_[0, np.cumsum(lengths)], self.times[index], self.values[index])

    def axes(self) -> NDArray[np.int64]:
        """A number for each series: equal where the times are equal. Worked out once."""
        if self._axes is None:
            starts, lengths = self.offsets[:-1], np.diff(self.offsets)
            position = np.arange(len(self.times), dtype=np.uint64) - np.repeat(starts, lengths).astype(np.uint64)
            position *= _MIX2
            position += self.times.view(np.uint64)
            position *= _MIX
            position ^= position >> np.uint64(29)
            position *= _MIX2
            sums = np.add.reduceat(position, starts) + lengths.astype(np.uint64)
            self._axes = np.unique(sums, return_inverse=True)[1].astype(np.int64)
        return self._axes


def sorted_run(sids: NDArray[np.int32], times: Timestamps, values: Values) -> Run:
    """Sort samples by series and time; of several at one time the first given stays."""
    if len(sids) == 0:
        return Run(np.empty(0, np.int32), np.zeros(1, np.int64), np.empty(0, np.int64), np.empty(0))
    if not _ascending(sids, times):
        order = np.argsort(sids, kind="stable")
        sids, times, values = sids[order], times[order], values[order]
        if not _ascending(sids, times):
            order = np.lexsort((times, sids))
            sids, times, values = sids[order], times[order], values[order]
    double = (sids[1:] == sids[:-1]) & (times[1:] == times[:-1])
    if double.any():
        keep = np.r_[True, ~double]
        sids, times, values = sids[keep], times[keep], values[keep]
    starts = np.flatnonzero(np.r_[True, sids[1:] != sids[:-1]])
    return Run(sids[starts].astype(np.int32), np.r_[starts, len(sids)].astype(np.int64), times, values)


def _ascending(sids: NDArray[np.int32], times: Timestamps) -> bool:
    return bool(((sids[1:] > sids[:-1]) | ((sids[1:] == sids[:-1]) & (times[1:] > times[:-1]))).all())


def merge_runs(runs: list[Run]) -> Run:
    """One run of several; earlier runs win where times are equal."""
    if len(runs) == 1:
        return runs[0]
    return sorted_run(
        np.concatenate([run.rows() for run in runs]),
        np.concatenate([run.times for run in runs]),
        np.concatenate([run.values for run in runs]),
    )


class SampleLog:
    """The samples that are not part of a scraped row. `add` from one thread; the rest from any."""

    def __init__(self) -> None:
        self._fresh: list[tuple[Rows, Timestamps, Values]] = []
        self._runs: list[Run] = []
        self._frozen = 0  # so many runs at the beginning are being written to blocks
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return sum(map(len, self._runs)) + sum(len(batch[0]) for batch in list(self._fresh))

    def add(self, sids: Rows, times: Timestamps, values: Values) -> None:
        """Take samples over; the arrays now belong to the log."""
        self._fresh.append((sids, times, values))

    def runs(self) -> list[Run]:
        """Everything so far as sorted runs, oldest first."""
        with self._lock:
            return list(self._sorted())

    @property
    def settled(self) -> bool:
        """Whether `runs` has next to nothing to sort and nobody to wait for."""
        if self._lock.locked():
            return False
        waiting = sum(len(batch[0]) for batch in list(self._fresh))
        for run in reversed(self._runs[self._frozen :]):
            if waiting > _SETTLED or 2 * waiting < len(run):
                break
            waiting += len(run)
        return waiting <= _SETTLED

    def freeze(self) -> list[Run]:
        """As `runs`; these stay as they are until `cut` or `forget`, and what comes from now on is none of them."""
        with self._lock:
            runs = self._sorted()
            self._frozen = len(runs)
            return list(runs)

    def _sorted(self) -> list[Run]:
        count = len(self._fresh)
        if count:
            batches = self._fresh[:count]
            run = sorted_run(
                np.concatenate([batch[0] for batch in batches]).astype(np.int32),
                np.concatenate([batch[1] for batch in batches]),
                np.concatenate([batch[2] for batch in batches]),
            )
            self._runs.append(run)
            del self._fresh[:count]
        while len(self._runs) - self._frozen > 1 and len(self._runs[-1]) * 2 >= len(self._runs[-2]):
            self._runs[-2:] = [merge_runs(self._runs[-2:])]
        return self._runs

    def tidy(self) -> None:
        """Sort in the background what has piled up."""
        if sum(len(batch[0]) for batch in list(self._fresh)) >= _SORT_AT:
            self.runs()

    def forget(self) -> None:
        """Drop the frozen runs: they are in blocks now."""
        with self._lock:
            self._runs = self._runs[self._frozen :]
            self._frozen = 0

    def cut(self, boundary_ms: int) -> None:
        """Forget samples of the frozen runs before a time."""
        with self._lock:
            kept = []
            for run in self._runs[: self._frozen]:
                keep = run.times >= boundary_ms
                if keep.any():
                    kept.append(run if keep.all() else sorted_run(run.rows()[keep], run.times[keep], run.values[keep]))
            self._runs = [*kept, *self._runs[self._frozen :]]
            self._frozen = 0
