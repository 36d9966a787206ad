"""The newest sample of each selected series, as rules need it after a restart and federation at each request."""

from collections.abc import Iterator

import numpy as np

from collector.histogram import FloatHistogram
from collector.storage.interface import DensePart, Selection, is_stale

Latest = tuple[int, int, float, FloatHistogram | None]  # row of the label table, time in ms, value, histogram


def latest_samples(selection: Selection) -> Iterator[Latest]:
    """For each series whose newest sample is no staleness marker."""
    for part in selection.parts:
        if isinstance(part, DensePart):
            if len(part.timestamps):
                last = part.values[:, -1]
                for index in np.flatnonzero(~is_stale(np.ascontiguousarray(last))).tolist():
                    yield int(part.rows[index]), int(part.timestamps[-1]), float(last[index]), None
            continue
        ends = part.offsets[1:] - 1
        stale = is_stale(np.ascontiguousarray(part.values))
        for index, (start, end) in enumerate(zip(part.offsets[:-1].tolist(), ends.tolist(), strict=True)):
            if end >= start and not stale[end]:
                histogram = part.histograms[end] if part.histograms is not None else None
                yield int(part.rows[index]), int(part.timestamps[end]), float(part.values[end]), histogram
