"""The SAMPLES records of a replay, put together: vectors are only fast when they are long, and most records are short."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from collector.storage import records
from collector.storage.interface import Rows, Timestamps, Values

_AT_ONCE: Final = 1 << 20


class PendingSamples:
    """Collects records and hands their samples on, many at a time and in order."""

    def __init__(self, apply: Callable[[Rows, Timestamps, Values], None]) -> None:
        self._apply = apply
        self._parts: list[tuple[NDArray[np.int32], Timestamps, Values]] = []
        self._size = 0

    def add(self, payload: memoryview) -> None:
        """One record; its bytes are needed until the next `flush`."""
        part = records.view_samples(payload)
        self._parts.append(part)
        self._size += len(part[0])
        if self._size >= _AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Hand on what there is: what comes next may depend on it, or it on what was before."""
        if self._parts:
            sids, times, values = (np.concatenate(column) for column in zip(*self._parts, strict=True))
            self._parts, self._size = [], 0
            self._apply(sids, times, values)
