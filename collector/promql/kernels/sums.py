"""Sums whose rounding errors are compensated (Neumaier), for the few cells where plain addition would show them."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Index = NDArray[np.int64]


def needs_compensation(values: Floats) -> bool:
    """Only numbers of both signs can cancel; whole numbers that fit a float are exact anyway."""
    if values.size == 0:
        return False
    low, high = float(np.fmin.reduce(values, axis=None)), float(np.fmax.reduce(values, axis=None))
    if not (low < 0 < high):
        return False
    if max(-low, high) * values.size < 2**53:
        with np.errstate(all="ignore"):
            return not bool((values == np.rint(values)).all())
    return True


def compensated_sums(values: Floats, lo: Index, hi: Index) -> Floats:
    """The sum of `values[lo[i]:hi[i]]` for each i."""
    total = np.zeros(len(lo))
    lost = np.zeros(len(lo))
    for position in range(int((hi - lo).max(initial=0))):
        active = np.nonzero(lo + position < hi)[0]
        value = values[lo[active] + position]
        total[active], lost[active] = two_sum(total[active], lost[active], value)
    return total + lost


def two_sum(total: Floats, lost: Floats, value: Floats) -> tuple[Floats, Floats]:
    """Add `value`, and to `lost` what the addition could not hold."""
    with np.errstate(all="ignore"):
        result = total + value
        bigger = np.abs(total) >= np.abs(value)
        error = np.where(bigger, (total - result) + value, (value - result) + total)
        return result, lost + np.where(np.isfinite(result), error, 0.0)
