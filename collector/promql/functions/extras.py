"""Functions that PromQL does not have: written with the same decorator that is open to everybody."""

import numpy as np

from collector.promql.block import Floats
from collector.promql.functions.own import function

GAUSSIAN = 1.4826  # a normal distribution's standard deviation in median absolute deviations


@function("robust_zscore", args=("matrix",))
def robust_zscore(times: Floats, values: Floats) -> Floats:
    """How far the last sample lies from the median of the window, in robust standard deviations; outliers do not hide themselves."""
    median = np.median(values, axis=1)
    spread = GAUSSIAN * np.median(np.abs(values - median[:, None]), axis=1)
    away = values[:, -1] - median
    return np.asarray(np.where((spread == 0) & (away == 0), 0.0, away / spread))


@function("seasonal_baseline", args=("matrix", "scalar"))
def seasonal_baseline(times: Floats, values: Floats, period: Floats) -> Floats:
    """The median of what the series was whole periods ago, within a 48th of the period: `seasonal_baseline(x[4w], 604800)`."""
    age = times[:, -1:] - times
    season = np.rint(age / period[:, None])
    near = (season >= 1) & (np.abs(age - season * period[:, None]) <= period[:, None] / 48)
    return masked_median(values, near)


@function("forecast_band", args=("matrix", "scalar", "scalar"))
def forecast_band(times: Floats, values: Floats, ahead: Floats, sigmas: Floats) -> Floats:
    """The edge of the band in which the series should be `ahead` seconds from now: straight line plus `sigmas` standard deviations of what
    lies around it; negative sigmas give the lower edge."""
    if times.shape[1] < 3:
        return np.full(len(times), np.nan)
    x = times - times[:, -1:]
    middle = x - x.mean(axis=1, keepdims=True)
    mean = values.mean(axis=1)
    slope = (middle * values).sum(axis=1) / (middle * middle).sum(axis=1)
    residual = values - mean[:, None] - slope[:, None] * middle
    spread = np.sqrt((residual * residual).sum(axis=1) / (times.shape[1] - 2))
    return np.asarray(mean + slope * (ahead - x.mean(axis=1)) + sigmas * spread)


def masked_median(values: Floats, mask: "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]") -> Floats:
    """Median of some samples of each row; NaN where there is none."""
    ordered = np.sort(np.where(mask, values, np.inf), axis=1)
    count = mask.sum(axis=1)
    rows = np.arange(len(values))
    low, high = np.maximum((count - 1) // 2, 0), np.minimum(count // 2, values.shape[1] - 1)
    return np.asarray(np.where(count > 0, (ordered[rows, low] + ordered[rows, high]) / 2, np.nan))
