"""Puts the pieces of series that different places hold (blocks, frames, slabs, sample log) together into a `Selection`.

A source answers with a `Batch`: pieces of series, each on a time axis; pieces of one scraped target share axes. First everything is planned
with arrays (which piece goes where in one flat output), then each source decodes straight to its place. Series on exactly the same axes
become a `DensePart`, whose values are a reshaped slice of the flat output: no copy.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from collector.storage.alone import alone
from collector.storage.batch import Batch, Deleted
from collector.storage.columns import ranges
from collector.storage.interface import (
    ABSENT_BITS,
    ABSENT_NAN,
    STALE_BITS,
    DensePart,
    FlatPart,
    Rows,
    Selection,
    Timestamps,
    TooManySamplesError,
    Values,
)
from collector.storage.series import SeriesTable

_DENSE_MIN: Final = 4  # fewer series on an axis are cheaper as part of the flat rest
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)


def assemble(
    table: SeriesTable,
    batches: Sequence[Batch],
    *,
    sample_limit: int = 0,
    warnings: tuple[str, ...] = (),
    deleted: Deleted | None = None,
) -> Selection:
    """One selection of all batches, its series by their numbers; earlier batches win where two have a sample of a series at the same time."""
    series, parts = gather(batches, sample_limit=sample_limit, deleted=deleted)
    if (series[1:] < series[:-1]).any():
        order = np.argsort(series)
        number = np.empty(len(order), np.int64)
        number[order] = np.arange(len(order))
        series, parts = series[order], [replace(part, rows=number[part.rows]) for part in parts]
    return Selection(table.table(series), parts, warnings)


def slice_bounds(batches: Sequence[Batch], samples: int, series: int) -> list[int]:
    """Numbers of series that part all that batches hold into slices of at most `series` series, each with about `samples` samples."""
    if not any(len(batch.sids) for batch in batches):
        return []
    owners = np.concatenate([batch.sids for batch in batches])
    lengths = np.concatenate([batch.lengths[batch.axis] for batch in batches])
    sids, place = np.unique(owners, return_inverse=True)
    before = np.cumsum(np.bincount(place, weights=lengths)) - 1
    cuts = (np.diff(before // samples) > 0) | (np.diff(np.arange(len(sids)) // series) > 0)
    return [int(sids[0]), *sids[1:][cuts].tolist(), int(sids[-1]) + 1]


def gather(
    batches: Sequence[Batch], *, sample_limit: int = 0, deleted: Deleted | None = None
) -> tuple[Rows, list[DensePart | FlatPart]]:
    """The series of all batches and their samples; rows of the parts are places among the series."""
    batches = [batch for batch in batches if len(batch.sids)]
    if not batches:
        return np.empty(0, np.int64), []
    only = alone(batches, deleted)
    if only is not None:
        return only
    axes = _Axes(batches)
    sids = np.concatenate([batch.sids for batch in batches])
    axis = np.concatenate([batch.axis + base for batch, base in zip(batches, axes.bases, strict=True)])
    owner = np.repeat(np.arange(len(batches)), [len(batch.sids) for batch in batches])
    index = np.concatenate([np.arange(len(batch.sids)) for batch in batches])
    total = int(axes.lengths[axis].sum())
    if sample_limit and total > sample_limit:
        raise TooManySamplesError(f"the query selects {total} samples, more than the limit of {sample_limit}")
    order = np.lexsort((axes.first[axis], sids))
    sids, axis, owner, index = sids[order], axis[order], owner[order], index[order]
    starts = np.flatnonzero(np.r_[True, sids[1:] != sids[:-1]])
    special = _special(sids, axis, owner, starts, axes, batches)
    signature = _signatures(axis, starts, len(sids))
    series_order = np.lexsort((signature, special))
    return _Assembler(batches, axes, deleted).run(sids, axis, owner, index, starts, signature, special, series_order)


class _Axes:
    """The axes of all batches under one numbering."""

    def __init__(self, batches: Sequence[Batch]) -> None:
        counts = [len(batch.starts) for batch in batches]
        sizes = [len(batch.times) for batch in batches]
        self.bases = (np.cumsum(counts) - counts).tolist()
        shifts = np.cumsum(sizes) - sizes
        self.times = batches[0].times if len(batches) == 1 else np.concatenate([batch.times for batch in batches])
        self.starts = np.concatenate(
            [batch.starts + shift for batch, shift in zip(batches, shifts.tolist(), strict=True)]
        )
        self.lengths = np.concatenate([batch.lengths for batch in batches])
        self.first = self.times[self.starts]
        self.last = self.times[self.starts + self.lengths - 1]


def _signatures(axis: NDArray[np.int64], starts: NDArray[np.int64], pieces: int) -> NDArray[np.uint64]:
    """A number for each series' sequence of axes: equal for equal sequences."""
    position = np.arange(pieces) - np.repeat(starts, np.diff(np.r_[starts, pieces]))
    mixed = (axis.astype(np.uint64) + np.uint64(1)) * _MIX + position.astype(np.uint64) * np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(31)
    mixed *= np.uint64(0x94D049BB133111EB)
    return np.asarray(np.add.reduceat(mixed, starts))


def _special(
    sids: Rows,
    axis: NDArray[np.int64],
    owner: NDArray[np.int64],
    starts: NDArray[np.int64],
    axes: _Axes,
    batches: Sequence[Batch],
) -> NDArray[np.int64]:
    """Per series: 1 when its pieces overlap in time, 2 when it has histograms, else 0."""
    overlap = (sids[1:] == sids[:-1]) & (axes.last[axis[:-1]] >= axes.first[axis[1:]])
    out = np.zeros(len(starts), np.int64)
    if overlap.any():
        out[np.searchsorted(starts, np.flatnonzero(overlap), side="right") - 1] = 1
    histograms = np.array([batch.histograms for batch in batches])
    if histograms.any():
        out = np.where(np.logical_or.reduceat(histograms[owner], starts), 2, out)
    return out


class _Assembler:
    def __init__(self, batches: Sequence[Batch], axes: _Axes, deleted: Deleted | None) -> None:
        self._batches, self._axes, self._deleted = batches, axes, deleted

    def run(
        self,
        sids: Rows,
        axis: NDArray[np.int64],
        owner: NDArray[np.int64],
        index: NDArray[np.int64],
        starts: NDArray[np.int64],
        signature: NDArray[np.uint64],
        special: NDArray[np.int64],
        series_order: NDArray[np.int64],
    ) -> tuple[Rows, list[DensePart | FlatPart]]:
        counts = np.diff(np.r_[starts, len(sids)])
        piece_order = ranges(starts[series_order], counts[series_order])
        axis, owner, index = axis[piece_order], owner[piece_order], index[piece_order]
        series = sids[starts[series_order]]
        signature, special, counts = signature[series_order], special[series_order], counts[series_order]
        size = self._axes.lengths[axis]
        destination = np.cumsum(size) - size
        piece_start = np.cumsum(counts) - counts
        sample_start = np.r_[destination[piece_start], int(size.sum())]
        out = np.empty(int(size.sum()))
        objects = np.full(len(out), None, object) if (special == 2).any() else None
        self._fill(owner, index, destination, out, objects)
        parts: list[DensePart | FlatPart] = []
        absent = any(batch.absent for batch in self._batches)
        if self._deleted is not None:
            for number in self._deleted.among(series).tolist():
                absent = True
                first = int(piece_start[number])
                times = self._times(axis[first : first + int(counts[number])])
                mine = out[sample_start[number] : sample_start[number + 1]]
                mine[self._deleted.mask(int(series[number]), times)] = ABSENT_NAN
        stop = int(np.searchsorted(special, 1))
        edges = (
            np.flatnonzero(np.r_[True, signature[1:stop] != signature[: stop - 1], True])
            if stop
            else np.zeros(1, np.int64)
        )
        members = np.diff(edges)
        shared = np.flatnonzero(members >= _DENSE_MIN)
        for begin, end in zip(edges[shared].tolist(), edges[shared + 1].tolist(), strict=True):
            first = int(piece_start[begin])
            times = self._times(axis[first : first + int(counts[begin])])
            block = out[sample_start[begin] : sample_start[end]].reshape(end - begin, len(times))
            parts.extend(_dense(np.arange(begin, end), times, block, absent))
        few = np.flatnonzero(members < _DENSE_MIN)
        if len(few):
            rows = ranges(edges[few], members[few])
            parts.extend(self._flat(rows, axis, counts, piece_start, sample_start, out, None, absent))
        if stop < len(series):
            rows = np.arange(stop, len(series))
            parts.extend(self._flat(rows, axis, counts, piece_start, sample_start, out, objects, absent, sort=owner))
        return _renumbered(series, parts)

    def _fill(
        self,
        owner: NDArray[np.int64],
        index: NDArray[np.int64],
        destination: NDArray[np.int64],
        out: Values,
        objects: NDArray[np.object_] | None,
    ) -> None:
        for number, batch in enumerate(self._batches):
            mine = np.flatnonzero(owner == number) if len(self._batches) > 1 else slice(None)
            place = np.empty(len(batch.sids), np.int64)
            place[index[mine]] = destination[mine]
            batch.fill(place, out, objects)

    def _times(self, axis: NDArray[np.int64]) -> Timestamps:
        if len(axis) == 1:
            start = int(self._axes.starts[axis[0]])
            return self._axes.times[start : start + int(self._axes.lengths[axis[0]])]
        return self._axes.times[ranges(self._axes.starts[axis], self._axes.lengths[axis])]

    def _flat(
        self,
        rows: NDArray[np.int64],
        axis: NDArray[np.int64],
        counts: NDArray[np.int64],
        piece_start: NDArray[np.int64],
        sample_start: NDArray[np.int64],
        out: Values,
        objects: NDArray[np.object_] | None,
        absent: bool,
        sort: NDArray[np.int64] | None = None,
    ) -> list[DensePart | FlatPart]:
        """A flat part of some series (rows of the plan, ascending); `sort`: owners of the pieces when those may overlap in time."""
        pieces = ranges(piece_start[rows], counts[rows])
        times = self._times(axis[pieces])
        sizes = sample_start[rows + 1] - sample_start[rows]
        whole = len(rows) == int(rows[-1]) - int(rows[0]) + 1
        index: Any = (
            slice(int(sample_start[rows[0]]), int(sample_start[rows[-1] + 1]))
            if whole
            else ranges(sample_start[rows], sizes)
        )
        values = out[index]
        held = objects[index] if objects is not None else None
        of_row = np.repeat(np.arange(len(rows)), sizes)
        keep = np.ones(len(values), bool)
        if sort is not None:
            rank = np.repeat(sort[pieces], self._axes.lengths[axis[pieces]])
            order = np.lexsort((rank, times, of_row))
            times, values, of_row = times[order], values[order], of_row[order]
            held = held[order] if held is not None else None
            keep[1:] = (of_row[1:] != of_row[:-1]) | (times[1:] != times[:-1])
        if absent:
            if sort is not None:
                keep = _first_present(of_row, times, values)
            else:
                keep &= values.view(np.uint64) != ABSENT_BITS
        if not keep.all():
            times, values, of_row = times[keep], values[keep], of_row[keep]
            held = held[keep] if held is not None else None
            sizes = np.bincount(of_row, minlength=len(rows))
            rows, sizes = rows[sizes > 0], sizes[sizes > 0]
        if not len(rows):
            return []
        stale = bool((values.view(np.uint64) == STALE_BITS).any())
        return [FlatPart(rows, np.r_[0, np.cumsum(sizes)], times, values, held, stale)]


def _first_present(of_row: NDArray[np.int64], times: Timestamps, values: Values) -> NDArray[np.bool_]:
    """Of the samples of a series at one time keep the first that is there; the input is sorted by series, time and rank."""
    present = np.flatnonzero(values.view(np.uint64) != ABSENT_BITS)
    keep = np.zeros(len(values), bool)
    rows, moments = of_row[present], times[present]
    first = np.r_[True, (rows[1:] != rows[:-1]) | (moments[1:] != moments[:-1])] if len(present) else np.empty(0, bool)
    keep[present[first]] = True
    return keep


def _dense(rows: Rows, times: Timestamps, values: Values, absent: bool) -> list[DensePart | FlatPart]:
    """A dense part, and a flat one for the series that miss a sample somewhere."""
    bits = values.view(np.uint64)
    parts: list[DensePart | FlatPart] = []
    if absent:
        missing = bits == ABSENT_BITS
        gaps = missing.any(axis=1)
        if gaps.any():
            part = _sparse(rows[gaps], times, values[gaps], ~missing[gaps])
            parts.extend([part] if part is not None else [])
            rows, values = rows[~gaps], values[~gaps]
            bits = values.view(np.uint64)
    if len(rows):
        parts.append(DensePart(rows, times, values, bool((bits == STALE_BITS).any())))
    return parts


def _sparse(rows: Rows, times: Timestamps, values: Values, present: NDArray[np.bool_]) -> FlatPart | None:
    sizes = present.sum(axis=1)
    some = sizes > 0
    if not some.any():
        return None
    rows, values, present, sizes = rows[some], values[some], present[some], sizes[some]
    flat = values[present]
    moments = np.broadcast_to(times, present.shape)[present]
    stale = bool((flat.view(np.uint64) == STALE_BITS).any())
    return FlatPart(rows, np.r_[0, np.cumsum(sizes)], moments, flat, None, stale)


def _renumbered(series: Rows, parts: list[DensePart | FlatPart]) -> tuple[Rows, list[DensePart | FlatPart]]:
    """Leave out series that turned out to have no sample."""
    used = np.zeros(len(series), bool)
    for part in parts:
        used[part.rows] = True
    if used.all():
        return series, parts
    number = np.cumsum(used) - 1
    for place, part in enumerate(parts):
        rows = number[part.rows]
        if isinstance(part, DensePart):
            parts[place] = DensePart(rows, part.timestamps, part.values, part.stale)
        else:
            parts[place] = FlatPart(rows, part.offsets, part.timestamps, part.values, part.histograms, part.stale)
    return series[used], parts
