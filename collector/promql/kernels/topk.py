"""topk and bottomk: the best samples of each group at each step.

Of equal samples Prometheus keeps those that its heap happens to keep while it goes through the series in their order. A few of many steps are
taken from such heaps, run side by side (`heaps`); else it is a partition, and a heap only where the last place is contested. Shapes as in `grouping`.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from collector.promql.kernels import heaps
from collector.promql.kernels.gosort import sorted_places
from collector.promql.kernels.grouping import Floats, Groups, Index, Mask

_FEW: Final = 64  # samples that Python looks through sooner than NumPy
_SMALL_K, _MANY_STEPS = 64, 16  # up to so many of at least so many steps, heaps side by side are the faster way


def chosen(groups: Groups, values: Floats, mask: Mask | None, k: Index, *, greatest: bool) -> Mask:
    """bool[S, T]: whether a sample is among the `k` (int64[T]) best of its group; NaN is worse than any number."""
    out = np.zeros(values.shape, np.bool_)
    for number in range(groups.count):
        rows = groups.members(number)
        if len(k) >= _MANY_STEPS and 1 <= k[0] <= _SMALL_K and (k == k[0]).all():
            mine = values if groups.count == 1 else values[rows]
            there = mask if mask is None or groups.count == 1 else mask[rows]
            places, steps = heaps.kept_places(mine, there, int(k[0]), greatest=greatest)
            out[rows[places], steps] = True
            continue
        columns = np.ascontiguousarray((-values[rows] if greatest else values[rows]).T)
        there = None if mask is None else mask[rows].T
        out[rows] = _least(columns, there, k).T
    return out


def in_order(groups: Groups, values: Floats, kept: Mask, mask: Mask | None, k: int, *, greatest: bool) -> Index:
    """The rows that `chosen` kept at a single step (all bool[S] or float64[S]), as Prometheus lists them: group by group, the best first."""
    parts = []
    for number in range(groups.count):
        rows = groups.members(number)
        mine = rows[kept[rows]]
        keys = -values if greatest else values
        if np.isnan(keys[mine]).any() or len(np.unique(keys[mine])) < len(mine):
            there = rows if mask is None else rows[mask[rows]]
            parts.append(there[_sorted_heap(keys[there], k)])
        else:
            parts.append(mine[np.argsort(keys[mine])])
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def pushed(groups: Groups, values: Floats, kept: Mask) -> Index:
    """The rows kept (bool[S]) of a single step, group by group, each as they lie in a heap of the least that they were pushed onto."""
    parts = []
    for number in range(groups.count):
        rows = groups.members(number)
        mine = rows[kept[rows]]
        heap: list[tuple[float, int]] = []
        for key, row in zip((-values[mine]).tolist(), mine.tolist(), strict=True):
            heap.append((key, row))
            _up(heap)
        parts.append(np.array([row for _, row in heap], np.int64))
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def _least(columns: Floats, there: Mask | None, k: Index) -> Mask:
    """bool[T, n]: the k least of each row of float64[T, n]."""
    k = np.maximum(k, 0)
    keys = np.where(np.isnan(columns), np.inf, columns)
    if there is not None:
        keys = np.where(there, keys, np.inf)
    edge = _edges(keys, k)
    less, equal = keys < edge, keys == edge
    if there is not None:
        equal &= there
    out: Mask = less | equal
    contested = np.flatnonzero(out.sum(axis=1) > k)
    known: dict[tuple[int, bytes], list[int]] = {}
    for step in contested.tolist():
        members = np.arange(columns.shape[1]) if there is None else np.flatnonzero(there[step])
        column = columns[step, members]
        question = (int(k[step]), column.tobytes())
        kept = known.get(question)
        if kept is None:
            kept = known[question] = [place for _, place in _heap(column, int(k[step]))]
        out[step] = False
        out[step, members[kept]] = True
    return out


def _edges(keys: Floats, k: Index) -> Floats:
    """float64[T, 1]: the k-th least of each row."""
    place = np.clip(k, 1, keys.shape[1]) - 1
    if (place == place[0]).all():
        return np.partition(keys, int(place[0]), axis=1)[:, place[0], None]
    return np.take_along_axis(np.sort(keys, axis=1), place[:, None], axis=1)


def _heap(column: Floats, k: int) -> list[tuple[float, int]]:
    """What Prometheus's heap of the k least holds in the end, (value, place) in the order of the heap."""
    heap: list[tuple[float, int]] = []
    if k < 1:
        return heap
    for place, value in enumerate(column[:k].tolist()):
        heap.append((value, place))
        _up(heap)
    start, size = len(heap), _FEW
    while start < len(column):
        piece = column[start : start + size]
        entering = np.flatnonzero(_enters(piece, heap[0][0]))
        for place, value in zip((entering + start).tolist(), piece[entering].tolist(), strict=True):
            if _worse(heap[0][0], value):
                heap[0] = (value, place)
                _down(heap)
        start, size = start + size, 2 * size
    return heap


def _enters(values: Floats, worst: float) -> NDArray[np.bool_]:
    """Which values take the place of the worst one."""
    return np.asarray(~(np.isnan(values) | (values >= worst)))


def _worse(a: float, b: float) -> bool:
    """Whether a has to go for b."""
    return b < a or (a != a and b == b)  # noqa: PLR0124 - NaN


def _before(a: float, b: float) -> bool:
    """Whether a stands nearer to the top of the heap, where the worst is."""
    return a > b or a != a  # noqa: PLR0124 - NaN


def _up(heap: list[tuple[float, int]]) -> None:
    """Let the last element rise."""
    at = len(heap) - 1
    while at:
        parent = (at - 1) // 2
        if not _before(heap[at][0], heap[parent][0]):
            return
        heap[at], heap[parent] = heap[parent], heap[at]
        at = parent


def _down(heap: list[tuple[float, int]]) -> None:
    """Let the first element sink."""
    at = 0
    while (child := 2 * at + 1) < len(heap):
        other = child + 1
        if other < len(heap) and _before(heap[other][0], heap[child][0]):
            child = other
        if not _before(heap[child][0], heap[at][0]):
            return
        heap[at], heap[child] = heap[child], heap[at]
        at = child


def _sorted_heap(column: Floats, k: int) -> list[int]:
    """Places of the best first; equal ones as Prometheus's sort leaves those of the heap."""
    heap = _heap(column, k)
    order = sorted_places(np.array([key for key, _ in heap], np.float64))
    return [heap[index][1] for index in order.tolist()]
