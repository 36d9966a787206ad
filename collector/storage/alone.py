"""The samples of a single series, without the arrays that many series need: the answer to most of what a dashboard asks."""

import itertools
from collections.abc import Sequence
from typing import Final

import numpy as np

from collector.storage.batch import Batch, Deleted
from collector.storage.interface import ABSENT_BITS, STALE_BITS, DensePart, FlatPart, Rows

_FEW_PIECES: Final = 64  # more are sooner put together by NumPy


def alone(batches: Sequence[Batch], deleted: Deleted | None) -> tuple[Rows, list[DensePart | FlatPart]] | None:
    """What `gather` gives if there is but one series, of pieces that do not overlap; None for all else."""
    sids = batches[0].sids[:1]
    for batch in batches:
        if batch.histograms or len(batch.sids) > _FEW_PIECES or (batch.sids != sids).any():
            return None
    if deleted is not None and len(deleted.among(sids)):
        return None
    times = [
        batch.times[start : start + length]
        for batch in batches
        for start, length in zip(batch.starts[batch.axis].tolist(), batch.lengths[batch.axis].tolist(), strict=True)
    ]
    order = sorted(range(len(times)), key=lambda piece: int(times[piece][0]))
    if any(times[before][-1] >= times[after][0] for before, after in itertools.pairwise(order)):
        return None
    places = np.empty(len(times), np.int64)
    total = 0
    for piece in order:
        places[piece] = total
        total += len(times[piece])
    values = np.empty(total)
    begin = 0
    for batch in batches:
        batch.fill(places[begin : begin + len(batch.sids)], values, None)
        begin += len(batch.sids)
    moments = times[order[0]] if len(order) == 1 else np.concatenate([times[piece] for piece in order])
    bits = values.view(np.uint64)
    if any(batch.absent for batch in batches):
        present = bits != ABSENT_BITS
        if not present.all():
            moments, values, bits = moments[present], values[present], bits[present]
    if not len(values):
        return np.empty(0, np.int64), []
    return sids, [DensePart(np.zeros(1, np.int64), moments, values[None, :], bool((bits == STALE_BITS).any()))]
