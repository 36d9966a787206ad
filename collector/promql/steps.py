"""The times at which an expression is evaluated."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Steps:
    """start, start + step, ...: `count` times in milliseconds. An instant query has one."""

    start: int
    step: int
    count: int

    @classmethod
    def between(cls, start: int, end: int, step: int) -> "Steps":
        """From `start` to at most `end`; none when `end` lies before."""
        return cls(start, step, (end - start) // step + 1 if end >= start else 0)

    @property
    def end(self) -> int:
        """The last time."""
        return self.start + (self.count - 1) * self.step

    @property
    def times(self) -> NDArray[np.int64]:
        known: NDArray[np.int64] | None = self.__dict__.get("_times")
        if known is None:  # functools.cached_property takes a lock, which costs more than the times of an instant query
            known = self.__dict__["_times"] = self.start + self.step * np.arange(self.count, dtype=np.int64)
        return known

    def first(self) -> "Steps":
        """The first step alone."""
        return Steps(self.start, self.step, 1)

    def shifted(self, by_ms: int) -> "Steps":
        return Steps(self.start + by_ms, self.step, self.count)

    def fixed(self, at_ms: int) -> "Steps":
        """The same time at every step."""
        return Steps(at_ms, 0, self.count)
