"""Coarser copies of old samples: for each series and each window of 5 minutes or 1 hour its count, sum, min, max, last and increase.

A window is (end - resolution, end], as PromQL's ranges are, and its row has the time `end`. Increase is reset-aware and counts from the sample
before the window. Staleness markers are no samples; series with native histograms are left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from collector.storage.columns import ranges
from collector.storage.interface import DensePart, FlatPart, Rows, SelectHint, Timestamps, Values, is_stale
from collector.storage.options import HOUR_MS

RESOLUTIONS: Final = (300_000, HOUR_MS)
COLUMNS: Final = (
    "count",
    "sum",
    "min",
    "max",
    "last",
    "increase",
)  # numbered from 1 in the chunk table; 0 are raw samples
COUNT, SUM, MIN, MAX, LAST, INCREASE = range(1, 7)
MEAN: Final = 7  # not stored: sum / count

_RANGE_PER_WINDOW: Final = 10  # a range must hold this many windows: what its edges cut off is then at most a tenth
_COLUMN_OF: Final = {
    "avg_over_time": MEAN,
    "sum_over_time": SUM,
    "min_over_time": MIN,
    "max_over_time": MAX,
    "last_over_time": LAST,
    "present_over_time": LAST,
    "rate": INCREASE,
    "increase": INCREASE,
    "": LAST,
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A resolution and the column that answers a query."""

    resolution_ms: int
    column: int


def choose(hint: SelectHint, *, forced_ms: int = 0) -> Choice | None:
    """What may answer a query instead of raw samples; None: nothing but those.

    A plain selector looks back 5 minutes as a rule, so that only windows of 5 minutes can stand for it. `forced_ms`: the raw samples are gone, take this
    resolution when the function has a column.
    """
    column = _COLUMN_OF.get(hint.function)
    if column is None:
        return None
    if forced_ms:
        return Choice(forced_ms, column)
    if hint.function == "":
        fits = hint.step_ms >= 2 * RESOLUTIONS[0] and hint.lookback_ms >= RESOLUTIONS[0]
        return Choice(RESOLUTIONS[0], column) if fits else None
    for resolution in reversed(RESOLUTIONS):
        if hint.step_ms >= resolution and hint.range_ms >= _RANGE_PER_WINDOW * resolution:
            return Choice(resolution, column)
    return None


@dataclass(frozen=True, slots=True)
class Windows:
    """Aggregates of some series: series `rows[i]` owns windows `offsets[i]:offsets[i + 1]`; `columns[c]` belongs to COLUMNS[c]."""

    rows: Rows
    offsets: NDArray[np.int64]
    times: Timestamps
    columns: tuple[Values, ...]


def aggregate(part: DensePart | FlatPart, resolution_ms: int, from_ms: int) -> Windows | None:
    """The windows of a part that end after `from_ms`; samples before are only looked at for the increase. None when there are none."""
    rows, offsets, times, values = _flat(part)
    keep = ~is_stale(values)
    if isinstance(part, FlatPart) and part.histograms is not None:
        keep &= np.repeat(~_has_histograms(part), np.diff(offsets))
    of_row = np.repeat(np.arange(len(rows)), np.diff(offsets))[keep]
    times, values = times[keep], values[keep]
    if not len(times):
        return None
    end = -(-times // resolution_ms) * resolution_ms
    fresh_row = np.r_[True, of_row[1:] != of_row[:-1]]
    starts = np.flatnonzero(fresh_row | np.r_[True, end[1:] != end[:-1]])
    with np.errstate(all="ignore"):
        step = np.r_[0.0, np.diff(values)]
        step = np.where(step < 0, values, step)
        step[fresh_row] = 0.0
        columns = (
            np.diff(np.r_[starts, len(times)]).astype(np.float64),
            np.add.reduceat(values, starts),
            np.fmin.reduceat(values, starts),
            np.fmax.reduceat(values, starts),
            values[np.r_[starts[1:], len(times)] - 1],
            np.add.reduceat(step, starts),
        )
    wanted = end[starts] > from_ms
    owner = of_row[starts][wanted]
    if not len(owner):
        return None
    used, counts = np.unique(owner, return_counts=True)
    ends = end[starts][wanted]
    return Windows(rows[used], np.r_[0, np.cumsum(counts)], ends, tuple(column[wanted] for column in columns))


def _flat(part: DensePart | FlatPart) -> tuple[Rows, NDArray[np.int64], Timestamps, Values]:
    if isinstance(part, FlatPart):
        return part.rows, part.offsets, part.timestamps, part.values
    count, length = part.values.shape
    return part.rows, np.arange(count + 1) * length, np.tile(part.timestamps, count), part.values.ravel()


def _has_histograms(part: FlatPart) -> NDArray[np.bool_]:
    assert part.histograms is not None
    marks = np.array([value is not None for value in part.histograms], bool)
    before = np.r_[0, np.cumsum(marks)]
    return np.asarray(before[part.offsets[1:]] > before[part.offsets[:-1]])


def resets(
    times: Timestamps, last: Values, increase: Values, starts: NDArray[np.int64]
) -> tuple[NDArray[np.int64], Timestamps, Values]:
    """Samples to put in, so that the last values of windows grow by the increases: (before which window, times, values).

    A counter that was reset within a window climbs to its height before, 2 ms before the window's end, and falls to zero. Series begin at `starts`.
    """
    with np.errstate(all="ignore"):
        before = np.r_[0.0, last[:-1]]
        fallen = increase - (last - before)
        found = fallen > 1e-9 * (np.abs(before) + np.abs(last))
    found[starts] = False
    where = np.flatnonzero(found & np.isfinite(fallen))
    height = np.maximum(before + increase - last, before)[where]
    moments = np.column_stack([times[where] - 2, times[where] - 1])
    return np.repeat(where, 2), moments.ravel(), np.column_stack([height, np.zeros(len(where))]).ravel()


class WindowBatch:
    """Windows out of coarse blocks as pieces for `assemble`: already gathered, one piece a series."""

    absent = False
    histograms = False

    def __init__(self, series: Rows, parts: Sequence[DensePart | FlatPart]) -> None:
        sids, offsets, times, values = [], [0], [], []
        for part in parts:
            rows, own, moments, data = _flat(part)
            sids.append(series[rows])
            offsets.extend((own[1:] + offsets[-1]).tolist())
            times.append(moments)
            values.append(data)
        edges = np.array(offsets, np.int64)
        self.sids: Rows = np.concatenate(sids) if sids else np.empty(0, np.int64)
        self.times: Timestamps = np.concatenate(times) if times else np.empty(0, np.int64)
        self.values: Values = np.concatenate(values) if values else np.empty(0)
        self.starts: NDArray[np.int64] = edges[:-1]
        self.lengths: NDArray[np.int64] = np.diff(edges)
        self.axis: NDArray[np.int64] = np.arange(len(self.sids))

    def insert(self, before: NDArray[np.int64], times: Timestamps, values: Values) -> None:
        """Put samples in before others, none of which is the first of its series."""
        self.times, self.values = np.insert(self.times, before, times), np.insert(self.values, before, values)
        self.starts = self.starts + np.searchsorted(before, self.starts)
        self.lengths = np.diff(np.r_[self.starts, len(self.times)])

    def fill(self, destination: NDArray[np.int64], out: Values, objects: NDArray[np.object_] | None) -> None:
        out[ranges(destination, self.lengths)] = self.values[ranges(self.starts, self.lengths)]
