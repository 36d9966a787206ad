"""rate, increase, delta, irate, idelta over float windows, extrapolated exactly as Prometheus does.

Source: the behaviour of Prometheus 3.14. Windows need two samples; the counter's zero bounds how far back extrapolation may go.
"""

import numpy as np

from collector.promql.kernels.windows import Floats, Index, Mask, Windows


def extrapolated(windows: Windows, *, counter: bool, per_second: bool) -> tuple[Floats, Mask]:
    """float64[N, T] and where there is a result (broadcastable)."""
    first_index, last_index = windows.first, windows.last
    with np.errstate(all="ignore"):
        first = windows.value_at(first_index)
        result = windows.value_at(last_index)
        result -= first
        if counter:
            windows.add_resets(result)
        result *= _factor(windows, first, result, counter=counter, per_second=per_second)
    return result, windows.count >= 2


def _factor(windows: Windows, first: Floats, result: Floats, *, counter: bool, per_second: bool) -> Floats:
    """By how much the sampled difference is stretched to the whole window."""
    first_ms, last_ms = windows.time_at(windows.first), windows.time_at(windows.last)
    to_start = (first_ms - (windows.ends - windows.range_ms)) / 1000
    to_end = (windows.ends - last_ms) / 1000
    sampled = (last_ms - first_ms) / 1000
    average = sampled / np.maximum(windows.count - 1, 1)
    threshold = average * 1.1
    to_start = np.where(to_start >= threshold, average / 2, to_start)
    to_end = np.where(to_end >= threshold, average / 2, to_end)
    if counter:
        to_zero = first / result
        to_zero *= sampled
        shorter = to_zero < to_start
        shorter &= result > 0
        shorter &= first >= 0
        stretch = np.where(shorter, to_zero, to_start)
    else:
        stretch = to_start
    # In this order, so that the last digit is the one that Prometheus gets.
    stretch = stretch + sampled
    stretch += to_end
    stretch /= sampled
    if per_second:
        stretch /= windows.range_ms / 1000
    return stretch


def instantaneous(windows: Windows, *, counter: bool) -> tuple[Floats, Mask]:
    """irate and idelta: the last two samples."""
    enough = windows.count >= 2
    last = windows.last
    previous: Index = np.maximum(last - 1, 0)
    with np.errstate(all="ignore"):
        now, before = windows.value_at(last), windows.value_at(previous)
        seconds = (windows.time_at(last) - windows.time_at(previous)) / 1000
        if not counter:
            return now - before, enough & (seconds != 0)
        change = np.where(now < before, now, now - before)
        return change / seconds, enough & (seconds != 0)
