"""An instant vector over all steps: of each series the latest sample that is not older than the lookback, unless it says "stale"."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from collector.promql.block import Block, Floats, Mask, Objects, holds, new_present
from collector.promql.columns import Index, stacked, take
from collector.promql.kernels.windows import upper_bounds
from collector.promql.ranges import Part, gathered
from collector.storage.interface import DensePart, FlatPart, is_stale
from collector.storage.symbols import LabelTable

Times = NDArray[np.int64]
Piece = tuple[NDArray[np.int64], Floats, Mask | None, Objects | None, Times]


def instant_vector(labels: LabelTable, parts: Sequence[Part], ends: Times, lookback_ms: int) -> tuple[Block, Times]:
    """The block at `ends` (int64[T]), and the time of each sample (int64, broadcastable to [S, T])."""
    pieces = [
        _dense(p, ends, lookback_ms) if isinstance(p, DensePart) else _flat(p, ends, lookback_ms)
        for p in gathered(parts, len(ends))
    ]
    if not pieces:
        none = np.zeros(0, np.int64)
        return Block(take(labels, none), np.zeros((0, len(ends)))), np.zeros((0, len(ends)), np.int64)
    if len(pieces) == 1:
        rows, values, present, hist, times = pieces[0]
    else:
        owners = [piece[0] for piece in pieces]
        rows, values = stacked(owners, [piece[1] for piece in pieces])
        present, hist = _joined_masks(owners, pieces), _joined_objects(owners, pieces)
        times = stacked(owners, [np.broadcast_to(piece[4], piece[1].shape) for piece in pieces])[1]
    whole = len(rows) == len(labels) and bool((rows == np.arange(len(rows))).all())
    return Block(labels if whole else take(labels, rows), values, present, hist), times


def _joined_masks(owners: list[Index], pieces: list[Piece]) -> Mask | None:
    if all(piece[2] is None for piece in pieces):
        return None
    return stacked(owners, [np.ones(p[1].shape, np.bool_) if p[2] is None else p[2] for p in pieces])[1]


def _joined_objects(owners: list[Index], pieces: list[Piece]) -> Objects | None:
    if all(piece[3] is None for piece in pieces):
        return None
    return stacked(owners, [np.full(p[1].shape, None, object) if p[3] is None else p[3] for p in pieces])[1]


def _dense(part: DensePart, ends: Times, lookback_ms: int) -> Piece:
    found = np.searchsorted(part.timestamps, ends, "right") - 1
    index = np.maximum(found, 0)
    times = part.timestamps[index]
    fresh = (found >= 0) & (times > ends - lookback_ms)
    values = part.values[:, index]
    present: Mask | None = None if fresh.all() else np.broadcast_to(fresh, values.shape)
    stale = _stale_cells(values) if part.stale else None
    if stale is not None:
        present = ~stale if present is None else present & ~stale
    return part.rows, values, present, None, times[None, :]


def _flat(part: FlatPart, ends: Times, lookback_ms: int) -> Piece:
    if len(part.timestamps) == 0:
        empty = np.zeros((len(part.rows), len(ends)))
        return part.rows, empty, empty.astype(np.bool_), None, empty.astype(np.int64)
    found = upper_bounds(part.timestamps, part.offsets, ends) - 1
    index = np.maximum(found, 0)
    times = part.timestamps[index]
    present = (found >= part.offsets[:-1, None]) & (times > ends - lookback_ms)
    values = part.values[index]
    stale = _stale_cells(values) if part.stale else None
    if stale is not None:
        present &= ~stale
    hist: Objects | None = None
    if part.histograms is not None:
        hist = part.histograms[index]
        hist[~present] = None
        if not holds(hist).any():
            hist = None
    return part.rows, values, new_present(present), hist, times


def _stale_cells(values: Floats) -> Mask | None:
    with np.errstate(all="ignore"):
        if not np.isnan(values.sum()):
            return None
    stale = is_stale(np.ascontiguousarray(values))
    return stale if stale.any() else None
