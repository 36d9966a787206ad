"""Random runs of native histograms: counters and gauges, of any schema, with custom buckets, resets and changes of layout."""

import math
import random
from dataclasses import replace

import numpy as np

from collector.histogram import CUSTOM_BUCKETS_SCHEMA, CounterReset, FloatHistogram
from collector.promql.histograms.buckets import exponential_bound

Spans = tuple[tuple[int, int], ...]


def native_samples(chance: random.Random, count: int) -> list[FloatHistogram]:
    """`count` histograms of one series, one after the other."""
    shape = _shape(chance)
    gauge = chance.random() < 0.15
    integer = chance.random() < 0.5
    reset, change = chance.choice((0, 0.05)), chance.choice((0, 0, 0.05))
    samples, current = [], shape
    for _ in range(count):
        if chance.random() < change:
            current = _shape(chance)
        elif chance.random() < reset:
            current = _emptied(current)
        current = _grown(chance, current, gauge)
        hint = CounterReset.GAUGE if gauge else CounterReset.UNKNOWN
        samples.append(_counted(chance, replace(current, integer=integer, counter_reset=hint)))
    return samples


def _shape(chance: random.Random) -> FloatHistogram:
    """A layout without observations."""
    if chance.random() < 0.3:
        bounds = sorted(chance.sample((-5.0, -1.0, 0.0, 0.1, 0.25, 1.0, 2.0, 5.0, 10.0, 1e6), chance.randint(0, 5)))
        spans = ((0, len(bounds) + 1),)
        return FloatHistogram(
            CUSTOM_BUCKETS_SCHEMA, positive_spans=spans, positive=np.zeros(len(bounds) + 1), custom_values=tuple(bounds)
        )
    schema = chance.choice((-4, -1, 0, 0, 1, 2, 3, 5, 8))
    positive = _spans(chance, schema)
    negative = _spans(chance, schema) if chance.random() < 0.4 else ()
    lowest = min(spans[0][0] - 1 for spans in (positive, negative) if spans)
    threshold = min(
        chance.choice((0.0, 0.0, 1e-128, 0.001, 0.5, 2.938735877055719e-39)), exponential_bound(lowest, schema)
    )
    return FloatHistogram(
        schema,
        zero_threshold=threshold,
        positive_spans=positive,
        positive=np.zeros(_length(positive)),
        negative_spans=negative,
        negative=np.zeros(_length(negative)),
    )


def _spans(chance: random.Random, schema: int) -> Spans:
    first = chance.randint(-4, 4) if schema < 5 else chance.randint(-300, 300)
    rest = [(chance.choice((0, 1, 1, 2, 7)), chance.randint(1, 4)) for _ in range(chance.choice((0, 0, 1, 2)))]
    return ((first, chance.randint(1, 5)), *rest)


def _length(spans: Spans) -> int:
    return sum(length for _, length in spans)


def _emptied(h: FloatHistogram) -> FloatHistogram:
    return replace(h, zero_count=0.0, sum=0.0, positive=np.zeros(len(h.positive)), negative=np.zeros(len(h.negative)))


def _grown(chance: random.Random, h: FloatHistogram, gauge: bool) -> FloatHistogram:
    """With more observations; a gauge may have fewer."""

    def more(counts: np.ndarray) -> np.ndarray:
        low = -2 if gauge else 0
        return np.maximum(0.0, counts + [chance.randint(low, 3) if chance.random() < 0.7 else 0 for _ in counts])

    custom = h.schema == CUSTOM_BUCKETS_SCHEMA
    zero = 0.0 if custom else h.zero_count + chance.randint(0, 2)
    return replace(
        h, zero_count=zero, sum=h.sum + chance.randint(0, 40) / 4, positive=more(h.positive), negative=more(h.negative)
    )


def _counted(chance: random.Random, h: FloatHistogram) -> FloatHistogram:
    """With its count; now and then with observations that are NaN, which are in no bucket."""
    count = float(h.positive.sum() + h.negative.sum() + h.zero_count)
    if chance.random() < 0.01:
        return replace(h, count=count + 2, sum=math.nan)
    return replace(h, count=count)
