"""Native histograms cut down to count and sum, for expressions that need no more: resets are found before the buckets go."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from collector.histogram import CounterReset, FloatHistogram
from collector.promql.histograms.arithmetic import is_reset
from collector.promql.ranges import Part
from collector.storage.interface import DensePart, FlatPart


def statistics(parts: Sequence[Part]) -> list[Part]:
    """The same parts, their histograms without buckets but with what is known about resets."""
    return [part if isinstance(part, DensePart) or part.histograms is None else _part(part) for part in parts]


def _part(part: FlatPart) -> FlatPart:
    assert part.histograms is not None
    reduced = np.full(len(part.histograms), None, object)
    for series in range(len(part.rows)):
        last: FloatHistogram | None = None
        for index in range(int(part.offsets[series]), int(part.offsets[series + 1])):
            h: FloatHistogram | None = part.histograms[index]
            if h is not None:
                reduced[index] = FloatHistogram(h.schema, h.count, h.sum, counter_reset=_hint(h, last))
                last = h
    return replace(part, histograms=reduced)


def _hint(h: FloatHistogram, last: FloatHistogram | None) -> CounterReset:
    if h.counter_reset is not CounterReset.UNKNOWN or last is None:
        return h.counter_reset
    return CounterReset.RESET if is_reset(h, last) else CounterReset.NOT_RESET
