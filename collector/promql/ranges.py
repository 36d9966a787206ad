"""A range vector over all steps: windows of floats for most series, sample lists for the few with native histograms."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from collector.histogram import CounterReset, FloatHistogram
from collector.promql.block import Block, Floats, Mask, Objects, holds, new_present
from collector.promql.columns import stacked, take
from collector.promql.histograms.arithmetic import with_hint
from collector.promql.kernels.windows import DenseWindows, Windows, dense_windows, flat_windows
from collector.storage.interface import DensePart, FlatPart, is_stale
from collector.storage.symbols import LabelTable

Part: TypeAlias = DensePart | FlatPart
Rows: TypeAlias = NDArray[np.int64]
FloatKernel: TypeAlias = Callable[[Windows], tuple[Floats, Mask]]

SLICE_CELLS = 64 * 1024
SMALL_CELLS = (
    4 * 1024
)  # smaller dense parts are put together: a kernel's fixed cost is more than what a flat part costs them


@dataclass(frozen=True, slots=True)
class MixedSeries:
    """One series with native histograms in it: all its samples, without stale markers; histograms[i] is None where a float stands."""

    row: int
    times: list[int]
    values: list[float]
    histograms: list[FloatHistogram | None]

    def floats(self) -> tuple[NDArray[np.int64], Floats]:
        keep = [index for index, h in enumerate(self.histograms) if h is None]
        times = np.array([self.times[index] for index in keep], np.int64)
        return times, np.array([self.values[index] for index in keep], np.float64)


@dataclass(frozen=True, slots=True)
class RangeVector:
    """Series and their windows; `rows[i]` are the rows of `labels` that `windows[i]` is about.

    ends: int64[T]; a window is `end - range_ms < t <= end`. times: int64[T], when it is evaluated.
    """

    labels: LabelTable
    rows: list[Rows]
    windows: list[Windows]
    mixed: list[MixedSeries]
    ends: NDArray[np.int64]
    times: NDArray[np.int64]
    range_ms: int
    drop_name: Mask | None = None
    check: Callable[[], None] = lambda: None

    def apply(self, kernel: FloatKernel) -> Block:
        """One float per window. Series with histograms are seen as if those samples were not there."""
        rows, values, masks = list(self.rows), [], []
        windows = list(self.windows)
        for series in self.mixed:
            times, floats = series.floats()
            offsets = np.array([0, len(times)])
            windows.append(flat_windows(times, floats, offsets, self.ends, self.range_ms))
            rows.append(np.array([series.row]))
        for part in windows:
            result, present = _in_slices(kernel, part, self.check)
            values.append(result)
            masks.append(np.broadcast_to(present, result.shape))
        return _assembled(self, rows, values, masks)

    def mixed_rows(self) -> list[int]:
        """Which rows of the block that `apply` gives belong to `mixed`."""
        mixed = np.array([series.row for series in self.mixed], np.int64)
        return [int(row) for row in np.searchsorted(np.sort(np.concatenate([*self.rows, mixed])), mixed)]

    def samples_per_step(self) -> NDArray[np.int64]:
        """int64[T]: how many samples the windows of each step hold."""
        total = np.zeros(len(self.ends), np.int64)
        for part in self.windows:
            rows = part.shape[0] if isinstance(part, DenseWindows) else 1
            total += part.count.sum(axis=0) * rows
        for series in self.mixed:
            times = np.array(series.times)
            total += np.searchsorted(times, self.ends, "right") - np.searchsorted(
                times, self.ends - self.range_ms, "right"
            )
        return total


def _in_slices(kernel: FloatKernel, windows: Windows, check: Callable[[], None]) -> tuple[Floats, Mask]:
    """Some rows at a time, so that what a kernel works on stays in the processor's cache."""
    rows, steps = windows.shape
    width = max(windows.values.size // max(rows, 1), steps, 1)
    if rows * width <= 2 * SLICE_CELLS:
        return kernel(windows)
    size = max(1, SLICE_CELLS // width)
    out = np.empty(windows.shape)
    masks = []
    for start in range(0, rows, size):
        check()
        stop = min(start + size, rows)
        out[start:stop], mask = kernel(windows.part(start, stop))
        masks.append(mask)
    if all(mask.shape[0] == 1 for mask in masks):
        return out, masks[0]
    return out, np.concatenate([np.broadcast_to(m, (min(size, rows - i * size), steps)) for i, m in enumerate(masks)])


def _assembled(vector: RangeVector, rows: list[Rows], values: list[Floats], masks: list[Mask]) -> Block:
    if not rows:
        return Block(take(vector.labels, np.zeros(0, np.int64)), np.zeros((0, len(vector.ends))))
    order, table_values = stacked(rows, values)
    mask = stacked(rows, masks)[1]
    labels = vector.labels
    whole = len(order) == len(labels) and bool((order == np.arange(len(order))).all())
    drop = vector.drop_name
    if not whole:
        labels = take(labels, order)
        drop = None if drop is None else drop[order]
    return Block(labels, table_values, new_present(mask), None, drop)


def range_vector(
    labels: LabelTable,
    parts: Sequence[Part],
    ends: NDArray[np.int64],
    times: NDArray[np.int64],
    range_ms: int,
    drop_name: Mask | None = None,
    check: Callable[[], None] = lambda: None,
) -> RangeVector:
    """Windows over what the storage (or a subquery) gave. `check` is called now and then and raises when the query shall stop."""
    rows: list[Rows] = []
    windows: list[Windows] = []
    mixed: list[MixedSeries] = []
    for part in gathered(parts, len(ends)):
        for clean in without_stale(part):
            if isinstance(clean, DensePart):
                rows.append(clean.rows)
                windows.append(dense_windows(clean.timestamps, clean.values, ends, range_ms))
                continue
            plain, odd = split_histograms(clean)
            mixed.extend(odd)
            if len(plain.rows):
                rows.append(plain.rows)
                windows.append(flat_windows(plain.timestamps, plain.values, plain.offsets, ends, range_ms))
    return RangeVector(labels, rows, windows, mixed, ends, times, range_ms, drop_name, check)


def gathered(parts: Sequence[Part], steps: int = 1) -> list[Part]:
    """Small parts become one: thousands of targets with one series each cost one pass, not thousands. `steps`: how many will be evaluated."""

    def is_small(part: Part) -> bool:
        return isinstance(part, FlatPart) or len(part.rows) * max(steps, len(part.timestamps)) < SMALL_CELLS

    if len(parts) < 3:
        return list(parts)
    shared = _shared_times(parts)
    if shared is not None:
        return [shared]
    small = [part for part in parts if is_small(part)]
    if len(small) < 3:
        return list(parts)
    return [*(part for part in parts if not is_small(part)), _joined(small)]


def _joined(parts: Sequence[Part]) -> Part:
    lengths, times, values = [], [], []
    histograms: list[Objects | None] = []
    for part in parts:
        if isinstance(part, DensePart):
            series, samples = part.values.shape
            lengths.append(np.full(series, samples))
            times.append(part.timestamps if series == 1 else np.tile(part.timestamps, series))
            values.append(part.values.ravel())
            histograms.append(None)
        else:
            lengths.append(np.diff(part.offsets))
            used = slice(int(part.offsets[0]), int(part.offsets[-1]))
            times.append(part.timestamps[used])
            values.append(part.values[used])
            histograms.append(None if part.histograms is None else part.histograms[used])
    merged = None
    if any(h is not None for h in histograms):
        merged = np.concatenate([
            np.full(len(v), None, object) if h is None else h for h, v in zip(histograms, values, strict=True)
        ])  # fmt: skip
    offsets = np.concatenate([[0], np.cumsum(np.concatenate(lengths))])
    rows = np.concatenate([part.rows for part in parts])
    stale = any(part.stale for part in parts)
    return FlatPart(rows, offsets, np.concatenate(times), np.concatenate(values), merged, stale)


def _shared_times(parts: Sequence[Part]) -> DensePart | None:
    """Dense parts that happen to have the same times are one dense part."""
    first = parts[0]
    if not isinstance(first, DensePart):
        return None
    for part in parts:
        if not isinstance(part, DensePart) or len(part.timestamps) != len(first.timestamps):
            return None
        if part.timestamps is not first.timestamps and not np.array_equal(part.timestamps, first.timestamps):
            return None
    dense = [part for part in parts if isinstance(part, DensePart)]
    rows, values = stacked([part.rows for part in dense], [part.values for part in dense])
    return DensePart(rows, first.timestamps, values, any(part.stale for part in dense))


def without_stale(part: Part) -> list[Part]:
    """The part less its stale markers; a dense part gives its series with markers as a flat one."""
    if not part.stale:
        return [part]
    if isinstance(part, FlatPart):
        return [_flat_without_stale(part)]
    with np.errstate(all="ignore"):
        suspicious = np.nonzero(np.isnan(part.values.sum(axis=1)))[0]
    if not len(suspicious):
        return [part]
    marked = suspicious[is_stale(np.ascontiguousarray(part.values[suspicious])).any(axis=1)]
    if not len(marked):
        return [part]
    good = np.ones(len(part.rows), np.bool_)
    good[marked] = False
    flat = _flat_without_stale(as_flat(DensePart(part.rows[marked], part.timestamps, part.values[marked])))
    if not good.any():
        return [flat]
    return [DensePart(part.rows[good], part.timestamps, part.values[good], stale=False), flat]


def as_flat(part: DensePart) -> FlatPart:
    series, samples = part.values.shape
    offsets = np.arange(series + 1) * samples
    return FlatPart(part.rows, offsets, np.tile(part.timestamps, series), part.values.ravel(), None, part.stale)


def _flat_without_stale(part: FlatPart) -> FlatPart:
    stale = is_stale(np.ascontiguousarray(part.values))
    if not stale.any():
        return part
    return filtered(part, ~stale)


def filtered(part: FlatPart, keep: Mask) -> FlatPart:
    """Some of the samples."""
    kept = np.concatenate([[0], np.cumsum(keep)])
    histograms = None if part.histograms is None else part.histograms[keep]
    return FlatPart(part.rows, kept[part.offsets], part.timestamps[keep], part.values[keep], histograms, stale=False)


def split_histograms(part: FlatPart) -> tuple[FlatPart, list[MixedSeries]]:
    """Series of floats only, and the others."""
    if part.histograms is None:
        return part, []
    found = holds(part.histograms)
    running = np.concatenate([[0], np.cumsum(found)])
    odd = np.nonzero(running[part.offsets[1:]] > running[part.offsets[:-1]])[0]
    mixed = []
    for series in odd.tolist():
        piece = slice(int(part.offsets[series]), int(part.offsets[series + 1]))
        times, values = part.timestamps[piece].tolist(), part.values[piece].tolist()
        mixed.append(MixedSeries(int(part.rows[series]), times, values, part.histograms[piece].tolist()))
    good = np.ones(len(part.rows), np.bool_)
    good[odd] = False
    owner = np.repeat(np.arange(len(part.rows)), np.diff(part.offsets))
    base = slice(int(part.offsets[0]), int(part.offsets[-1]))
    keep = good[owner]
    lengths = np.diff(part.offsets)[good]
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    plain = FlatPart(part.rows[good], offsets, part.timestamps[base][keep], part.values[base][keep], None, stale=False)
    return plain, mixed


def parts_of(block: Block, times: NDArray[np.int64]) -> list[Part]:
    """The samples of an evaluated expression, as a subquery sees them. Hints of counter resets mean nothing there any more."""
    if len(times) == 0:
        return []
    if block.present is None and block.hist is None:
        return [DensePart(np.arange(len(block)), times, block.values, stale=False)] if len(block) else []
    mask = block.mask()
    full = mask.all(axis=1) if block.hist is None else np.zeros(len(block), np.bool_)
    parts: list[Part] = []
    if full.any():
        rows = np.nonzero(full)[0]
        parts.append(DensePart(rows, times, block.values[rows], stale=False))
    rows = np.nonzero(~full & mask.any(axis=1))[0]
    if len(rows):
        some = mask[rows]
        offsets = np.concatenate([[0], np.cumsum(some.sum(axis=1))])
        histograms = None if block.hist is None else _unknown_hints(block.hist[rows][some])
        stamps = np.broadcast_to(times, some.shape)[some]
        parts.append(FlatPart(rows, offsets, stamps, block.values[rows][some], histograms, stale=False))
    return parts


def _unknown_hints(histograms: NDArray[np.object_]) -> NDArray[np.object_]:
    out = histograms.copy()
    for index, h in enumerate(histograms.tolist()):
        if h is not None and h.counter_reset in (CounterReset.RESET, CounterReset.NOT_RESET):
            out[index] = with_hint(h, CounterReset.UNKNOWN)
    return out
