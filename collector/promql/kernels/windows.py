"""Range windows over many series at once.

A window is the samples with `end - range < t <= end`; there is one per series and step. N series, T steps. Two shapes of the same
thing: `DenseWindows`, where all series share their times, so that bounds are worked out once, and `FlatWindows`, series of any
shape one after the other.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Times: TypeAlias = NDArray[np.int64]
Index: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]

_IDEMPOTENT = (np.minimum, np.maximum, np.fmin, np.fmax)


@dataclass(frozen=True)
class DenseWindows:
    """times: int64[K]; values: float64[N, K]; lo, hi: int64[T], the samples `lo:hi` of each series; ends: int64[T]."""

    times: Times
    values: Floats
    lo: Index
    hi: Index
    ends: Times
    range_ms: int

    @property
    def shape(self) -> tuple[int, int]:
        return self.values.shape[0], len(self.ends)

    @cached_property
    def count(self) -> Index:
        """Samples in each window: int64[1, T]."""
        return (self.hi - self.lo)[None, :]

    @cached_property
    def first(self) -> Index:
        return np.minimum(self.lo, max(len(self.times) - 1, 0))

    @cached_property
    def last(self) -> Index:
        return np.maximum(self.hi - 1, 0)

    def part(self, start: int, stop: int) -> "DenseWindows":
        """Some of the series."""
        return replace(self, values=self.values[start:stop])

    def value_at(self, index: Index) -> Floats:
        """float64[N, T]: the sample at a position of each window."""
        return self.values[:, index]

    def time_at(self, index: Index) -> Times:
        """int64[1, T]."""
        return self.times[index][None, :]

    def reduce(self, ufunc: np.ufunc, values: Floats | None = None) -> Floats:
        """float64[N, T]: a ufunc over each window; rubbish where a window is empty."""
        source = self.values if values is None else values
        if source.shape[1] == 0:
            return np.zeros(self.shape)
        if ufunc in _IDEMPOTENT:
            return self._doubled(ufunc, source)
        padded = source if self.hi.size == 0 or self.hi.max() < source.shape[1] else _pad(source)
        pairs = np.column_stack([self.lo, self.hi]).ravel()
        return np.asarray(ufunc.reduceat(padded, pairs, axis=1)[:, ::2])

    def _doubled(self, ufunc: np.ufunc, source: Floats) -> Floats:
        """As `reduce`, where looking at a sample twice does no harm: of two spans of 2**n samples, each made of two half as long."""
        out = np.empty(self.shape)
        levels = np.frexp(np.maximum(self.hi - self.lo, 1))[1] - 1
        spans, width = source, 1
        for level in range(int(levels.max(initial=0)) + 1):
            steps = np.flatnonzero(levels == level)
            if len(steps):
                first = self.first[steps]
                out[:, steps] = ufunc(spans[:, first], spans[:, np.maximum(self.hi[steps] - width, first)])
            if level < int(levels.max()):
                spans = ufunc(spans[:, :-width], spans[:, width:])
                width *= 2
        return out

    def running(self, per_sample: Floats) -> Floats:
        """The running total of something per sample, per series."""
        return np.cumsum(per_sample, axis=1)

    def total_at(self, running: Floats, index: Index) -> Floats:
        return running[:, index]

    def pairs(self) -> tuple[Floats, Floats]:
        """Each sample but the first of its series, and the one before it."""
        return self.values[:, 1:], self.values[:, :-1]

    def spread(self, per_pair: Floats) -> Floats:
        """What `pairs` gave, per sample again: zero at the first sample of a series."""
        out = np.zeros(self.values.shape)
        out[:, 1:] = per_pair
        return out

    def add_resets(self, result: Floats) -> None:
        """Add to float64[N, T] what counter resets took away in each window."""
        fallen = self.values[:, 1:] < self.values[:, :-1]
        rows = np.nonzero(fallen.any(axis=1))[0]
        if not len(rows):
            return
        lost = np.zeros((len(rows), self.values.shape[1]))
        lost[:, 1:] = np.where(fallen[rows], self.values[rows, :-1], 0.0)
        if np.isfinite(lost).all():
            running = np.cumsum(lost, axis=1)
            result[rows] += running[:, self.last] - running[:, self.first]
            return
        # An infinity must not reach windows it is not in.
        width, steps = lost.shape[1], len(self.ends)
        base = np.arange(len(rows))[:, None] * width
        result[rows] += _sums_after_first(lost.ravel(), base + self.lo, base + self.hi).reshape(len(rows), steps)

    def one(self, row: int) -> tuple[Times, Floats, Index, Index]:
        """Times, values and bounds of one series."""
        return self.times, self.values[row], self.lo, self.hi


@dataclass(frozen=True)
class FlatWindows:
    """times, values: one after the other, series i at `offsets[i]:offsets[i + 1]`; lo, hi: int64[N, T], absolute positions."""

    times: Times
    values: Floats
    offsets: Index
    lo: Index
    hi: Index
    ends: Times
    range_ms: int

    @property
    def shape(self) -> tuple[int, int]:
        return self.lo.shape[0], self.lo.shape[1]

    @cached_property
    def count(self) -> Index:
        """int64[N, T]."""
        return self.hi - self.lo

    @cached_property
    def first(self) -> Index:
        return np.minimum(self.lo, max(len(self.times) - 1, 0))

    @cached_property
    def last(self) -> Index:
        return np.maximum(self.hi - 1, 0)

    def part(self, start: int, stop: int) -> "FlatWindows":
        """Some of the series."""
        low, high = int(self.offsets[start]), int(self.offsets[stop])
        return replace(
            self,
            times=self.times[low:high],
            values=self.values[low:high],
            offsets=self.offsets[start : stop + 1] - low,
            lo=self.lo[start:stop] - low,
            hi=self.hi[start:stop] - low,
        )

    def value_at(self, index: Index) -> Floats:
        return self.values[index] if len(self.values) else np.zeros(index.shape)

    def time_at(self, index: Index) -> Times:
        return self.times[index] if len(self.times) else np.zeros(index.shape, np.int64)

    def reduce(self, ufunc: np.ufunc, values: Floats | None = None) -> Floats:
        source = self.values if values is None else values
        if len(source) == 0:
            return np.zeros(self.shape)
        pairs = np.stack([self.lo.ravel(), self.hi.ravel()], axis=1).ravel()
        return np.asarray(ufunc.reduceat(np.append(source, source[-1]), pairs)[::2].reshape(self.shape))

    def running(self, per_sample: Floats) -> Floats:
        # One total runs through all series: the longer float keeps what a small series adds to a big total.
        return np.cumsum(per_sample, dtype=np.longdouble)

    def total_at(self, running: Floats, index: Index) -> Floats:
        return running[index] if len(running) else np.zeros(index.shape)

    def pairs(self) -> tuple[Floats, Floats]:
        return self.values[1:], self.values[:-1]

    def spread(self, per_pair: Floats) -> Floats:
        out = np.zeros(len(self.values))
        out[1:] = per_pair
        starts = self.offsets[:-1]
        out[starts[starts < len(out)]] = 0
        return out

    def add_resets(self, result: Floats) -> None:
        now, before = self.pairs()
        fallen = now < before
        if not fallen.any():
            return
        lost = self.spread(np.where(fallen, before, 0.0))
        rows = np.unique(np.searchsorted(self.offsets, np.nonzero(lost)[0], "right") - 1)
        result[rows] += _sums_after_first(lost, self.lo[rows], self.hi[rows])

    def one(self, row: int) -> tuple[Times, Floats, Index, Index]:
        return self.times, self.values, self.lo[row], self.hi[row]


Windows: TypeAlias = DenseWindows | FlatWindows


def dense_windows(times: Times, values: Floats, ends: Times, range_ms: int) -> DenseWindows:
    """Windows of series that share their times."""
    lo = np.searchsorted(times, ends - range_ms, "right")
    hi = np.searchsorted(times, ends, "right")
    return DenseWindows(times, values, lo, hi, ends, range_ms)


def flat_windows(times: Times, values: Floats, offsets: Index, ends: Times, range_ms: int) -> FlatWindows:
    """Windows of series of any shape."""
    lo = upper_bounds(times, offsets, ends - range_ms)
    hi = upper_bounds(times, offsets, ends)
    return FlatWindows(times, values, offsets, lo, hi, ends, range_ms)


def upper_bounds(times: Times, offsets: Index, ends: Times) -> Index:
    """int64[N, T]: the position behind the last sample with `t <= ends[k]` in each series. Linear in samples and cells."""
    series, steps = len(offsets) - 1, len(ends)
    start = offsets[:-1, None]
    if steps == 0 or series == 0:
        return np.zeros((series, steps), np.int64)
    step = int(ends[1] - ends[0]) if steps > 1 else 0
    owner = np.repeat(np.arange(series), np.diff(offsets))
    times = times[int(offsets[0]) : int(offsets[-1])]
    if step == 0:
        below = np.bincount(owner[times <= ends[0]], minlength=series)
        return start + np.repeat(below[:, None], steps, axis=1)
    first_step = np.clip(-((ends[0] - times) // step), 0, steps)
    cells = np.bincount(owner * (steps + 1) + first_step, minlength=series * (steps + 1)).reshape(series, steps + 1)
    return start + np.cumsum(cells[:, :steps], axis=1)


def each_window(windows: Windows, compute: Callable[[Floats], float]) -> Floats:
    """A Python function over each window that is not empty; for what has no vector form."""
    rows, steps = windows.shape
    out = np.full((rows, steps), np.nan)
    for row in range(rows):
        _, values, lo, hi = windows.one(row)
        for step in range(steps):
            if hi[step] > lo[step]:
                out[row, step] = compute(values[lo[step] : hi[step]])
    return out


def _sums_after_first(values: Floats, lo: Index, hi: Index) -> Floats:
    """The sum of `values[lo + 1 : hi]` for each pair."""
    start = np.minimum(lo + 1, hi)
    pairs = np.stack([start.ravel(), hi.ravel()], axis=1).ravel()
    sums = np.add.reduceat(np.append(values, 0.0), pairs)[::2].reshape(lo.shape)
    return np.asarray(np.where(start < hi, sums, 0.0))


def _pad(values: Floats) -> Floats:
    return np.concatenate([values, values[:, -1:]], axis=1)
