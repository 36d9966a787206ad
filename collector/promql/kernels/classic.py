"""Quantiles and fractions of classic histograms, many at once.

bounds: float64[B], ascending; without a last one of +Inf nothing is known; counts: float64[G, B, T], cumulative. Source: the behaviour of Prometheus 3.14.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

TOLERANCE = 1e-12


@dataclass(frozen=True, slots=True)
class Repair:
    """Where buckets had to be made monotonic: all [G, T]."""

    forced: Mask
    min_bucket: Floats
    max_bucket: Floats
    max_diff: Floats


def monotonic(bounds: Floats, counts: Floats) -> tuple[Floats, Repair]:
    """Cumulative counts that never fall; tiny differences are rounding errors and are ignored."""
    out = counts.copy()
    shape = (counts.shape[0], counts.shape[2])
    repair = Repair(np.zeros(shape, np.bool_), np.full(shape, np.inf), np.full(shape, -np.inf), np.zeros(shape))
    if bounds[-1] != np.inf:
        return out, repair
    rising = (counts[:, 1:] - counts[:, :-1] > TOLERANCE * (np.abs(counts[:, 1:]) + np.abs(counts[:, :-1]))) | (
        counts[:, 1:] == counts[:, :-1]
    )
    if rising.all():
        return out, repair
    previous = counts[:, 0].copy()
    for index in range(1, len(bounds)):
        now = counts[:, index]
        differs = now != previous
        small = differs & _almost(previous, now)
        fallen = differs & ~small & (now < previous)
        if fallen.any():
            repair.forced[fallen] = True
            repair.min_bucket[fallen] = np.minimum(repair.min_bucket[fallen], bounds[index])
            repair.max_bucket[fallen] = np.maximum(repair.max_bucket[fallen], bounds[index])
            repair.max_diff[fallen] = np.maximum(repair.max_diff[fallen], (previous - now)[fallen])
        previous = np.where(small | fallen, previous, now)
        out[:, index] = previous
    return out, repair


def _almost(a: Floats, b: Floats) -> Mask:
    size = np.abs(a) + np.abs(b)
    difference = np.abs(a - b)
    tiny = np.finfo(np.float64).tiny
    near_zero = (a == 0) | (b == 0) | (size < tiny)
    with np.errstate(all="ignore"):
        return np.where(
            near_zero,
            difference < TOLERANCE * tiny,
            difference / np.minimum(size, np.finfo(np.float64).max) < TOLERANCE,
        )


def quantile(q: Floats, bounds: Floats, counts: Floats) -> Floats:
    """float64[G, T]; q: float64[T]; counts monotonic."""
    groups, size, steps = counts.shape
    result = np.full((groups, steps), np.nan) if size < 2 or bounds[-1] != np.inf else _interpolated(q, bounds, counts)
    result = np.where(q < 0, -np.inf, np.where(q > 1, np.inf, result))
    return np.where(np.isnan(q), np.nan, result)


def _interpolated(q: Floats, bounds: Floats, counts: Floats) -> Floats:
    last = len(bounds) - 1
    observations = counts[:, last]
    with np.errstate(all="ignore"):
        rank = q * observations
        at = np.minimum((~(counts[:, :last] >= rank[:, None])).sum(axis=1), last)
        upper = bounds[at]
        below = np.maximum(at - 1, 0)
        first = at == 0
        start = np.where(first, 0.0, bounds[below])
        rows, steps = np.indices(at.shape)
        count = counts[rows, at, steps]
        before = np.where(first, 0.0, counts[rows, below, steps])
        inside = start + (upper - start) * ((rank - before) / (count - before))
    result = np.where(at == last, bounds[last - 1], np.where(first & (bounds[0] <= 0), bounds[0], inside))
    return np.where(observations == 0, np.nan, result)


def fraction(lower: Floats, upper: Floats, bounds: Floats, counts: Floats) -> Floats:
    """float64[G, T]: which part of the observations lies between two values (float64[T])."""
    total = counts[:, -1]
    if bounds[-1] != np.inf:
        return np.full(total.shape, np.nan)
    with np.errstate(all="ignore"):
        result = (_rank(upper, bounds, counts) - _rank(lower, bounds, counts)) / total
    result = np.where(lower >= upper, 0.0, result)
    return np.where((total == 0) | np.isnan(lower) | np.isnan(upper), np.nan, result)


def _rank(edge: Floats, bounds: Floats, counts: Floats) -> Floats:
    """How many observations lie below `edge`."""
    total = counts[:, -1]
    first_lower = -np.inf if bounds[0] <= 0 else 0.0
    lowers = np.concatenate([[first_lower], bounds[:-1]])
    rank = np.full(total.shape, np.nan)
    found = np.zeros(edge.shape, np.bool_)
    before = np.zeros(total.shape)
    for index, (low, high) in enumerate(zip(lowers.tolist(), bounds.tolist(), strict=True)):
        count = counts[:, index]
        at_edge = ~found & (low >= edge)
        inside = ~found & (low < edge) & (high > edge)
        part = count if low == -np.inf else before + (count - before) * (edge - low) / (high - low)
        rank = np.where(at_edge, before, np.where(inside, part, rank))
        found = found | at_edge | inside
        before = count
    return np.where(found & ~(rank > total), rank, total)
