"""What places that hold samples (blocks, frames, slabs, sample log) answer with, and what may be missing from it."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from collector.storage.interface import Rows, Timestamps, Values


class Batch(Protocol):
    """Pieces of series from one place.

    sids, axis: int64[P] series and axis of each piece; axis a has the times `times[starts[a]:starts[a] + lengths[a]]`, none of them empty.
    absent: whether ABSENT_NAN may be among the values.
    """

    sids: Rows
    axis: NDArray[np.int64]
    times: Timestamps
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    absent: bool
    histograms: bool

    def fill(self, destination: NDArray[np.int64], out: Values, objects: NDArray[np.object_] | None) -> None:
        """Write the values of piece i to `out[destination[i]:...]` (histograms to `objects` as well)."""
        ...


class Deleted(Protocol):
    """Time ranges that were deleted from series."""

    def among(self, sids: Rows) -> NDArray[np.int64]:
        """Positions of the series that have any."""
        ...

    def mask(self, sid: int, times: Timestamps) -> NDArray[np.bool_]: ...
