"""The samples of many series at the same times, as JSON: `[time,"value"],[time,"value"],...` of each series, a block of them at once."""

import itertools
from collections.abc import Iterator
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from collector.api.numbers import time_line, value_texts
from collector.api.text_columns import Texts, joined, number_texts, texts_of

_BLOCK_CELLS: Final = 16 * 1024
_FEW_CELLS: Final = 1024  # that many are sooner done one by one than all at once
_LEFT_OVER: Final = len(b'"],')  # of the text before a sample, at the beginning of a line

Line: TypeAlias = bytes | memoryview


class SampleLines:
    """Writes lines for series that share `times_ms`. A line lacks its last two letters, `END`: the caller has more to add there."""

    END: Final = b'"]'

    def __init__(self, times_ms: NDArray[np.int64]) -> None:
        self._width = len(times_ms)
        between = time_line(times_ms).replace(b",", b',"\n"],[')
        self._before = (b'"],[' + between + b',"').split(b"\n") if self._width else []
        self._heads: Texts | None = None

    def blocks(self, rows: int, samples_each: int | None = None) -> Iterator[slice]:
        """So many rows in handy pieces. `samples_each`: about how many samples a row has, if not one at each time."""
        size = max(1, _BLOCK_CELLS // max(1, self._width if samples_each is None else samples_each))
        return (slice(low, min(low + size, rows)) for low in range(0, rows, size))

    def lines(self, values: NDArray[np.float64], present: NDArray[np.bool_]) -> list[Line]:
        """One line for each row of float64[N, T]; an empty one where a row has nothing."""
        if present.all():
            flat, steps = values.ravel(), np.tile(np.arange(self._width), len(values))
            bounds = np.arange(len(values) + 1) * self._width
        else:
            flat, steps = values[present], np.nonzero(present)[1]
            bounds = np.concatenate([[0], np.cumsum(present.sum(axis=1))])
        return self.of(flat, steps, bounds)

    def of(self, flat: NDArray[np.float64], steps: NDArray[np.int64], bounds: NDArray[np.int64]) -> list[Line]:
        """Lines of samples that stand one after the other: those of line i at `bounds[i]:bounds[i + 1]`, at the times `times_ms[steps]`."""
        if len(flat) < _FEW_CELLS:
            return self._few(flat, steps, bounds)
        self._heads = self._heads or texts_of(self._before)
        text, ends = joined(self._heads, steps, number_texts(flat))
        edges = np.concatenate([[0], ends])[bounds].tolist()
        return [text.data[low + _LEFT_OVER : high] if low < high else b"" for low, high in itertools.pairwise(edges)]

    def _few(self, flat: NDArray[np.float64], steps: NDArray[np.int64], bounds: NDArray[np.int64]) -> list[Line]:
        parts = [b""] * (2 * len(flat))
        parts[0::2] = [self._before[step] for step in steps.tolist()]
        parts[1::2] = value_texts(flat)
        return [b"".join(parts[low:high])[_LEFT_OVER:] for low, high in itertools.pairwise((2 * bounds).tolist())]
