"""One number out of each range window: sums, extremes, quantiles, trends.

All take windows of floats and give float64[N, T]; a cell is rubbish where its window is empty. Figures of Prometheus 3.14: rounding
errors of sums are compensated where that can matter.
"""

from typing import Final

import numpy as np

from collector.promql.kernels.sums import compensated_sums, needs_compensation
from collector.promql.kernels.windows import DenseWindows, Floats, Index, Windows, each_window

_SORTED_CELLS: Final = 64 * 1024  # so many are sorted at a time: they stay in the processor's cache


def has_nan(values: Floats) -> bool:
    return bool(np.isnan(values.sum())) and bool(np.isnan(values).any())


def sum_over_time(windows: Windows) -> Floats:
    with np.errstate(all="ignore"):
        sums = windows.reduce(np.add)
        if not needs_compensation(windows.values):
            return sums
        sizes = windows.reduce(np.add, np.abs(windows.values))
    return _repair(windows, sums, sizes)


def avg_over_time(windows: Windows) -> Floats:
    with np.errstate(all="ignore"):
        count = np.maximum(windows.count, 1)
        mean = sum_over_time(windows) / count
        overflown = np.isinf(mean)
        if overflown.any() and np.isfinite(windows.values).any():
            return np.where(overflown, each_window_mean(windows, overflown), mean)
    return mean


def each_window_mean(windows: Windows, cells: "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]") -> Floats:
    """The mean by way of smaller numbers, where a plain sum overflows."""
    out = np.full(windows.shape, np.nan)
    for row, step in zip(*np.nonzero(cells), strict=True):
        _, values, lo, hi = windows.one(int(row))
        window = values[lo[step] : hi[step]]
        out[row, step] = float(np.sum(window / len(window))) if len(window) else np.nan
    return out


def min_over_time(windows: Windows) -> Floats:
    return windows.reduce(np.fmin if has_nan(windows.values) else np.minimum)


def max_over_time(windows: Windows) -> Floats:
    return windows.reduce(np.fmax if has_nan(windows.values) else np.maximum)


def stdvar_over_time(windows: Windows) -> Floats:
    """Two passes around the first sample of each series, so that equal samples give exactly zero."""
    with np.errstate(all="ignore"):
        count = np.maximum(windows.count, 1)
        if isinstance(windows, DenseWindows):
            shifted = windows.values - windows.values[:, :1]
        else:
            starts = np.minimum(windows.offsets[:-1], max(len(windows.values) - 1, 0))
            base = windows.values[starts] if len(windows.values) else np.zeros(len(starts))
            shifted = windows.values - np.repeat(base, np.diff(windows.offsets))
        mean = windows.reduce(np.add, shifted) / count
        squares = windows.reduce(np.add, shifted * shifted) / count
        variance = squares - mean * mean
        doubtful = ~(variance > 1e-6 * squares) & (squares != 0) & (windows.count > 0)
        if doubtful.any():
            variance = np.where(doubtful, _exact_variance(windows, np.broadcast_to(doubtful, windows.shape)), variance)
    return np.maximum(variance, 0.0) if not has_nan(variance) else np.where(variance < 0, 0.0, variance)


def stddev_over_time(windows: Windows) -> Floats:
    return np.sqrt(stdvar_over_time(windows))


def _exact_variance(windows: Windows, cells: "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]") -> Floats:
    out = np.zeros(windows.shape)
    for row, step in zip(*np.nonzero(cells), strict=True):
        _, values, lo, hi = windows.one(int(row))
        window = values[lo[step] : hi[step]]
        shifted = window - window[0]
        out[row, step] = np.mean((shifted - shifted.mean()) ** 2)
    return out


def changes(windows: Windows) -> Floats:
    now, before = windows.pairs()
    moved = (now != before) & ~(np.isnan(now) & np.isnan(before))
    return _count_pairs(windows, moved.astype(float))


def resets(windows: Windows) -> Floats:
    now, before = windows.pairs()
    return _count_pairs(windows, (now < before).astype(float))


def _count_pairs(windows: Windows, per_pair: Floats) -> Floats:
    running = windows.running(windows.spread(per_pair))
    counted = windows.total_at(running, windows.last) - windows.total_at(running, windows.first)
    return counted.astype(np.float64)


def first_over_time(windows: Windows) -> Floats:
    return windows.value_at(windows.first)


def last_over_time(windows: Windows) -> Floats:
    return windows.value_at(windows.last)


def count_over_time(windows: Windows) -> Floats:
    return np.broadcast_to(windows.count.astype(float), windows.shape)


def present_over_time(windows: Windows) -> Floats:
    return np.ones(windows.shape)


def ts_of_first_over_time(windows: Windows) -> Floats:
    return np.broadcast_to(windows.time_at(windows.first) / 1000, windows.shape)


def ts_of_last_over_time(windows: Windows) -> Floats:
    return np.broadcast_to(windows.time_at(windows.last) / 1000, windows.shape)


def ts_of_extreme(windows: Windows, *, greatest: bool) -> Floats:
    """The time of the last sample that is the greatest (or least) of its window."""
    out = np.full(windows.shape, np.nan)
    rows, steps = windows.shape
    for row in range(rows):
        times, values, lo, hi = windows.one(row)
        for step in range(steps):
            window = values[lo[step] : hi[step]]
            if len(window):
                best = np.fmax.reduce(window) if greatest else np.fmin.reduce(window)
                same = np.isnan(window) if np.isnan(best) else window == best
                out[row, step] = times[lo[step] + np.nonzero(same)[0][-1]] / 1000
    return out


def quantile_over_time(windows: Windows, q: Floats) -> Floats:
    """q: float64[T]. Windows of one length are sorted together."""
    rows, steps = windows.shape
    out = np.full((rows, steps), np.nan)
    if isinstance(windows, DenseWindows):
        for size, value in sorted(set(zip(windows.count[0].tolist(), q.tolist(), strict=True))):
            if size and not np.isnan(value):
                same = np.flatnonzero((windows.count[0] == size) & (q == value))
                _dense_quantiles(windows, size, value, same, out)
        return out
    count = windows.count
    for size in np.unique(count[count > 0]).tolist():
        cells = count == size
        index = windows.lo[cells][:, None] + np.arange(size)
        ordered = _nan_first(np.sort(windows.values[index], axis=1))
        which = np.broadcast_to(np.arange(steps), count.shape)[cells]
        result = np.empty(len(ordered))
        for step in np.unique(which).tolist():
            result[which == step] = sorted_quantile(ordered[which == step], float(q[step]))
        out[cells] = result
    return out


def _dense_quantiles(windows: DenseWindows, size: int, q: float, steps: Index, out: Floats) -> None:
    """The quantile of the windows of one size, some steps at a time. Sorting, which NumPy does by vectors, is quicker than selecting."""
    spans = np.lib.stride_tricks.sliding_window_view(windows.values, size, axis=1)
    at_once = max(1, _SORTED_CELLS // max(1, len(spans) * size))
    for begin in range(0, len(steps), at_once):
        some = steps[begin : begin + at_once]
        ordered = np.sort(spans[:, windows.lo[some]].reshape(-1, size), axis=1)
        out[:, some] = sorted_quantile(_nan_first(ordered), q).reshape(len(spans), len(some))


def sorted_quantile(ordered: Floats, q: float) -> Floats:
    """Quantile of each row of sorted values, interpolated between ranks. float64[R, n] -> float64[R]."""
    if np.isnan(q):
        return np.full(len(ordered), np.nan)
    if q < 0 or q > 1:
        return np.full(len(ordered), -np.inf if q < 0 else np.inf)
    size = ordered.shape[1]
    rank = q * (size - 1)
    low = int(max(0, np.floor(rank)))
    high = min(size - 1, low + 1)
    weight = rank - np.floor(rank)
    with np.errstate(all="ignore"):
        return np.asarray(ordered[:, low] * (1 - weight) + ordered[:, high] * weight)


def _nan_first(ordered: Floats) -> Floats:
    """NumPy sorts NaN to the end, Prometheus to the front."""
    if not has_nan(ordered[:, -1:]):
        return ordered
    nans = np.isnan(ordered).sum(axis=1)
    size = ordered.shape[1]
    return np.take_along_axis(ordered, (np.arange(size) - nans[:, None]) % size, axis=1)


def mad_over_time(windows: Windows) -> Floats:
    """Median absolute deviation."""

    def compute(window: Floats) -> float:
        if np.isnan(window).any():
            return float("nan")
        return float(np.median(np.abs(window - np.median(window))))

    return each_window(windows, compute)


def linear_regression(windows: Windows, origin: Floats) -> tuple[Floats, Floats]:
    """Slope per second and value at `origin` (milliseconds, broadcastable to [N, T]) of least squares through each window.

    The sums are of times around the middle of all samples, so that they stay small; a window of equal values is exactly flat.
    """
    slope = np.full(windows.shape, np.nan)
    intercept = np.full(windows.shape, np.nan)
    rows, steps = windows.shape
    origins = np.broadcast_to(origin, windows.shape)
    if isinstance(windows, DenseWindows):
        with np.errstate(all="ignore"):
            for step in range(steps):
                piece = slice(int(windows.lo[step]), int(windows.hi[step]))
                if piece.stop - piece.start >= 2:
                    x = (windows.times[piece] - origins[0, step]) / 1000
                    fit = _least_squares(x, windows.values[:, piece])
                    slope[:, step], intercept[:, step] = fit
        return slope, intercept
    with np.errstate(all="ignore"):
        for row in range(rows):
            times, values, lo, hi = windows.one(row)
            for step in range(steps):
                if hi[step] - lo[step] >= 2:
                    x = (times[lo[step] : hi[step]] - origins[row, step]) / 1000
                    fit = _least_squares(x, values[lo[step] : hi[step]][None, :])
                    slope[row, step], intercept[row, step] = fit[0][0], fit[1][0]
    return slope, intercept


def _least_squares(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    mean_x = x.mean()
    base = y[:, :1]
    lifted = y - base
    mean_y = lifted.mean(axis=1)
    centred = x - mean_x
    slope = (lifted @ centred) / (centred @ centred)
    intercept = mean_y - slope * mean_x + base[:, 0]
    constant = (y == base).all(axis=1)
    bad = ~np.isfinite(y).all(axis=1)
    slope = np.where(bad, np.nan, np.where(constant, 0.0, slope))
    return slope, np.where(bad, np.nan, np.where(constant, base[:, 0], intercept))


def smoothed(windows: Windows, factor: Floats, trend: Floats) -> Floats:
    """Double exponential smoothing; factors: float64[T]."""
    out = np.full(windows.shape, np.nan)
    rows, steps = windows.shape
    for row in range(rows):
        _, values, lo, hi = windows.one(row)
        for step in range(steps):
            window = values[lo[step] : hi[step]].tolist()
            if len(window) >= 2:
                out[row, step] = _smooth(window, float(factor[step]), float(trend[step]))
    return out


def _smooth(window: list[float], factor: float, trend: float) -> float:
    level, slope = window[0], window[1] - window[0]
    before = 0.0
    for index, value in enumerate(window[1:]):
        if index:
            slope = trend * (level - before) + (1 - trend) * slope
        before, level = level, factor * value + (1 - factor) * (level + slope)
    return level


def _repair(windows: Windows, sums: Floats, sizes: Floats) -> Floats:
    """Sums in which large numbers have cancelled each other are made again, with compensation."""
    doubtful = (np.abs(sums) < 1e-4 * sizes) & np.isfinite(sizes) & (windows.count > 0)
    if not doubtful.any():
        return sums
    out = sums.copy()
    rows, steps = np.nonzero(doubtful)
    values = windows.values.ravel()
    if isinstance(windows, DenseWindows):
        base = rows * windows.values.shape[1]
        out[rows, steps] = compensated_sums(values, base + windows.lo[steps], base + windows.hi[steps])
    else:
        out[rows, steps] = compensated_sums(values, windows.lo[rows, steps], windows.hi[rows, steps])
    return out
