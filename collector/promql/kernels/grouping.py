"""Aggregation over groups of series, all steps at once.

values: float64[S, T]; mask: bool[S, T] or None for everywhere; group: int64[S], numbers 0..G-1. Results: float64[G, T].
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from collector.promql.kernels.sums import compensated_sums, needs_compensation

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Index = NDArray[np.int64]


@dataclass(frozen=True)
class Groups:
    """Which series belong together."""

    group: Index
    count: int

    @cached_property
    def order(self) -> Index | None:
        """Rows group by group; None when they stand so already."""
        if self.count <= 1 or bool((self.group[1:] >= self.group[:-1]).all()):
            return None
        return np.argsort(self.group, kind="stable")

    @cached_property
    def sizes(self) -> Index:
        return np.bincount(self.group, minlength=self.count)

    @cached_property
    def starts(self) -> Index:
        return np.cumsum(self.sizes) - self.sizes

    def arranged(self, values: NDArray[np.generic]) -> NDArray[np.generic]:
        return values if self.order is None else values[self.order]

    def reduce(self, ufunc: np.ufunc, values: Floats) -> Floats:
        """A ufunc over the rows of each group."""
        if self.count == 1:
            return np.asarray(ufunc.reduce(values, axis=0))[None, :]
        if self.count == len(values):
            return np.asarray(self.arranged(values), np.float64)
        return np.asarray(ufunc.reduceat(self.arranged(values), self.starts, axis=0))

    def members(self, number: int) -> Index:
        """The rows of one group, in their order."""
        piece = slice(int(self.starts[number]), int(self.starts[number] + self.sizes[number]))
        return np.arange(len(self.group))[piece] if self.order is None else self.order[piece]


def counts(groups: Groups, mask: Mask | None, steps: int) -> Floats:
    """How many samples each group has."""
    if mask is None:
        return np.broadcast_to(groups.sizes[:, None].astype(np.float64), (groups.count, steps))
    return groups.reduce(np.add, mask.astype(np.float64))


def sums(groups: Groups, values: Floats, mask: Mask | None) -> Floats:
    source = values if mask is None else np.where(mask, values, 0.0)
    with np.errstate(all="ignore"):
        total = groups.reduce(np.add, source)
        if not needs_compensation(source):
            return total
        size = groups.reduce(np.add, np.abs(source))
    doubtful = (np.abs(total) < 1e-4 * size) & np.isfinite(size)
    if not doubtful.any():
        return total
    rows, steps = np.nonzero(doubtful)
    columns = np.ascontiguousarray(np.asarray(groups.arranged(source), np.float64).T)
    base = steps * len(source) + groups.starts[rows]
    out = np.array(total)
    out[rows, steps] = compensated_sums(columns.ravel(), base, base + groups.sizes[rows])
    return out


def means(groups: Groups, values: Floats, mask: Mask | None) -> Floats:
    with np.errstate(all="ignore"):
        number = counts(groups, mask, values.shape[1])
        mean = sums(groups, values, mask) / number
        if not np.isinf(mean).any():
            return mean
        share = values / np.maximum(number, 1)[groups.group]
        gentle = sums(groups, share, mask)
        return np.where(np.isinf(mean), gentle, mean)


def extremes(groups: Groups, values: Floats, mask: Mask | None, *, greatest: bool) -> Floats:
    if mask is None and not np.isnan(values).any():
        return groups.reduce(np.maximum if greatest else np.minimum, values)
    source = values if mask is None else np.where(mask, values, np.nan)
    return groups.reduce(np.fmax if greatest else np.fmin, source)


def variances(groups: Groups, values: Floats, mask: Mask | None) -> Floats:
    """Around the first series of each group, so that equal values give exactly zero."""
    with np.errstate(all="ignore"):
        base = extremes(groups, values, mask, greatest=False)
        shifted = values - base[groups.group]
        shifted = shifted if mask is None else np.where(mask, shifted, 0.0)
        number = counts(groups, mask, values.shape[1])
        mean = groups.reduce(np.add, shifted) / number
        away = shifted - mean[groups.group]
        away = away if mask is None else np.where(mask, away, 0.0)
        out = groups.reduce(np.add, away * away) / number
        infinite = groups.reduce(np.add, np.where(mask, values, 0.0) if mask is not None else values)
    return np.where(np.isfinite(infinite), out, np.nan)


def quantiles(groups: Groups, values: Floats, mask: Mask | None, q: Floats) -> Floats:
    """q: float64[T]. NaN counts as the least value."""
    out = np.full((groups.count, values.shape[1]), np.nan)
    for number in range(groups.count):
        rows = groups.members(number)
        there = None if mask is None else mask[rows].T
        size = np.full(values.shape[1], len(rows)) if there is None else there.sum(axis=1)
        out[number] = _column_quantiles(_sorted_columns(values[rows].T, there), size, q)
    return out


def _sorted_columns(columns: Floats, there: Mask | None) -> Floats:
    """float64[T, n]: each row ascending, NaN first, what is absent last."""
    nan = np.isnan(columns) if there is None else np.isnan(columns) & there
    if not nan.any():
        return np.sort(columns if there is None else np.where(there, columns, np.inf), axis=1)
    keys = np.where(nan, -np.inf, columns)
    order = np.argsort(keys if there is None else np.where(there, keys, np.inf), axis=1, kind="stable")
    return np.take_along_axis(columns, order, axis=1)


def _column_quantiles(ordered: Floats, size: Index, q: Floats) -> Floats:
    steps = np.arange(ordered.shape[0])
    with np.errstate(all="ignore"):
        rank = np.where(np.isnan(q), 0.0, np.clip(q, 0, 1)) * (size - 1)
        low = np.maximum(0, np.floor(rank)).astype(np.int64)
        high = np.maximum(np.minimum(size - 1, low + 1), 0)
        weight = rank - np.floor(rank)
        inside = ordered[steps, low] * (1 - weight) + ordered[steps, high] * weight
    result = np.where(q < 0, -np.inf, np.where(q > 1, np.inf, inside))
    return np.where(np.isnan(q), np.nan, result)


def running_counts(groups: Groups, mask: Mask) -> Index:
    """int64[S, T]: how many series of the group up to this one have a sample."""
    out = np.empty(mask.shape, np.int64)
    for number in range(groups.count):
        rows = groups.members(number)
        out[rows] = np.cumsum(mask[rows], axis=0)
    return out
