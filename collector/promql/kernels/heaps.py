"""The heap of the k best samples that Prometheus keeps at each step, for all steps at once.

It goes through the series in their order, so that of equal samples the same ones stay. A sample comes in only when it is better than the worst
that is held: most series are passed over by one comparison for all steps, and what comes in is worked off in rounds, one sample a step each.
"""

from typing import Final

import numpy as np

from collector.promql.kernels.grouping import Floats, Index, Mask

_CELLS: Final = 512 * 1024  # looked at together


def kept_places(values: Floats, mask: Mask | None, k: int, *, greatest: bool) -> tuple[Index, Index]:
    """The places (row, step) of the `k` least or greatest of float64[n, T] at each step; NaN is worse than any number."""
    heaps = _Heaps(values.shape[1], k)
    start, size = 0, k
    while start < len(values):
        some = slice(start, start + size)
        keys = -values[some] if greatest else values[some]
        rows, steps = np.nonzero(heaps.entering(keys, None if mask is None else mask[some]))
        heaps.offer(keys[rows, steps], rows + start, steps)
        start, size = start + size, min(2 * size, max(1, _CELLS // values.shape[1]))
    held = np.arange(k) < heaps.sizes[:, None]
    return heaps.rows[held], np.nonzero(held)[0]


class _Heaps:
    """T heaps of at most k (value, row) each, the worst in front."""

    def __init__(self, steps: int, k: int) -> None:
        self.k = k
        self.values = np.empty((steps, k))
        self.rows = np.empty((steps, k), np.int64)
        self.sizes = np.zeros(steps, np.int64)

    def entering(self, keys: Floats, mask: Mask | None) -> Mask:
        """Which of float64[n, T] may come in as things stand; some will no longer when it is their turn."""
        worst = self.values[:, 0]
        better: Mask = keys < worst
        open_ = (self.sizes < self.k) | np.isnan(worst)
        if open_.any():
            better[:, open_] = True
        return better if mask is None else better & mask

    def offer(self, keys: Floats, rows: Index, steps: Index) -> None:
        """Samples in the order of their rows."""
        order = np.argsort(steps, kind="stable")
        lanes = steps[order]
        turn = np.arange(len(lanes)) - np.searchsorted(lanes, lanes)
        order = order[np.argsort(turn, kind="stable")]
        ends = np.cumsum(np.bincount(turn)).tolist()
        for begin, end in zip([0, *ends], ends, strict=False):
            mine = order[begin:end]
            self._round(keys[mine], rows[mine], steps[mine])

    def _round(self, keys: Floats, rows: Index, steps: Index) -> None:
        full = self.sizes[steps] == self.k
        if not full.all():
            self._push(keys[~full], rows[~full], steps[~full])
        worst = self.values[steps, 0]
        enters = full & ((keys < worst) | (np.isnan(worst) & ~np.isnan(keys)))
        if enters.any():
            self._replace_worst(keys[enters], rows[enters], steps[enters])

    def _push(self, keys: Floats, rows: Index, steps: Index) -> None:
        at = self.sizes[steps]
        self.sizes[steps] += 1
        while len(steps):
            parent = np.maximum(at - 1, 0) >> 1
            rises = (at > 0) & _before(keys, self.values[steps, parent])
            stays = ~rises
            self._set(steps[stays], at[stays], keys[stays], rows[stays])
            keys, rows, steps, at, parent = keys[rises], rows[rises], steps[rises], at[rises], parent[rises]
            self._set(steps, at, self.values[steps, parent], self.rows[steps, parent])
            at = parent

    def _replace_worst(self, keys: Floats, rows: Index, steps: Index) -> None:
        at = np.zeros(len(steps), np.int64)
        while len(steps):
            child = np.minimum(2 * at + 1, self.k - 1)
            other = np.minimum(child + 1, self.k - 1)
            child = np.where(_before(self.values[steps, other], self.values[steps, child]), other, child)
            sinks = (2 * at + 1 < self.k) & _before(self.values[steps, child], keys)
            stays = ~sinks
            self._set(steps[stays], at[stays], keys[stays], rows[stays])
            keys, rows, steps, at, child = keys[sinks], rows[sinks], steps[sinks], at[sinks], child[sinks]
            self._set(steps, at, self.values[steps, child], self.rows[steps, child])
            at = child

    def _set(self, steps: Index, at: Index, keys: Floats, rows: Index) -> None:
        self.values[steps, at] = keys
        self.rows[steps, at] = rows


def _before(a: Floats, b: Floats) -> Mask:
    """Whether a stands nearer to the front, where the worst is."""
    return np.asarray((a > b) | np.isnan(a))
