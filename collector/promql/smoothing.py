"""`anchored` and `smoothed` selectors: the value at the edges of a window comes from the samples around it.

Source: the behaviour of Prometheus 3.14 with promql-extended-range-selectors. Such selectors are rare; series are handled one by one.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from collector.histogram import CounterReset, FloatHistogram
from collector.promql.annotations import quoted_names
from collector.promql.block import Block, new_present
from collector.promql.columns import take
from collector.promql.errors import Span
from collector.promql.histograms.arithmetic import IncompatibleBucketsError, add, is_reset, scale, subtract, with_hint
from collector.promql.histograms.buckets import is_custom
from collector.promql.ranges import Part, gathered, without_stale
from collector.promql.run import Run
from collector.storage.interface import DensePart
from collector.storage.symbols import LabelTable
from pharos.labels import METRIC_NAME

Sample = tuple[int, float | FloatHistogram]
RECONCILED = "mismatched custom buckets were reconciled during"
MIXED_SAMPLES = "encountered a mix of histograms and floats for metric name"
MIXED_SCHEMAS = "vector contains a mix of histograms with exponential and custom buckets schemas for metric name"


def samples_of(parts: Sequence[Part]) -> Iterator[tuple[int, list[Sample]]]:
    """Row and samples of each series, without stale markers."""
    for part in gathered(parts):
        for clean in without_stale(part):
            if isinstance(clean, DensePart):
                times = clean.timestamps.tolist()
                for row, values in zip(clean.rows.tolist(), clean.values.tolist(), strict=True):
                    yield row, list(zip(times, values, strict=True))
                continue
            for series, row in enumerate(clean.rows.tolist()):
                piece = slice(int(clean.offsets[series]), int(clean.offsets[series + 1]))
                values = clean.values[piece].tolist()
                if clean.histograms is not None:
                    hists = clean.histograms[piece].tolist()
                    values = [v if h is None else h for v, h in zip(values, hists, strict=True)]
                yield row, list(zip(clean.timestamps[piece].tolist(), values, strict=True))


def smooth_vector(
    run: Run, labels: LabelTable, parts: Sequence[Part], ends: NDArray[np.int64], lookback_ms: int, span: Span
) -> Block:
    """A `smoothed` instant selector: the value at each step lies on the line between the samples before and after it."""
    rows, values, present, hists = [], [], [], []
    for row, samples in samples_of(parts):
        smoother = _Smoother(run, _name(labels, row), span)
        found = [smoother.at(samples, end, lookback_ms) for end in ends.tolist()]
        rows.append(row)
        present.append([value is not None for value in found])
        values.append([value if isinstance(value, float) else 0.0 for value in found])
        hists.append([value if isinstance(value, FloatHistogram) else None for value in found])
    table = take(labels, np.array(rows, np.int64))
    if not rows:
        return Block(table, np.zeros((0, len(ends))))
    hist = None
    if any(h is not None for line in hists for h in line):
        hist = np.empty((len(rows), len(ends)), object)
        hist[:] = hists
    return Block(table, np.array(values), new_present(np.array(present)), hist).compact()


def interpolate(before: tuple[int, float], after: tuple[int, float], at: int, *, counter: bool) -> float:
    """The value at `at` on the line between two samples; a counter that fell started from zero."""
    low, high = before[1], after[1]
    if counter and high < low:
        low = 0.0
    return low + (high - low) * (at - before[0]) / (after[0] - before[0])


def interpolate_histograms(
    run: Run,
    before: tuple[int, FloatHistogram],
    after: tuple[int, FloatHistogram],
    at: int,
    span: Span,
    *,
    counter: bool,
) -> FloatHistogram:
    """As `interpolate`, bucket by bucket. Raises `IncompatibleBucketsError`."""
    if at == before[0]:
        return before[1]
    if at == after[0]:
        return after[1]
    part = (at - before[0]) / (after[0] - before[0])
    if counter and is_reset(after[1], before[1]):
        return scale(after[1], part)
    difference = subtract(after[1], before[1])
    if difference.reconciled:
        run.notes.info(f"{RECONCILED} subtraction", span)
    total = add(scale(difference.histogram, part), before[1])
    if total.reconciled:
        run.notes.info(f"{RECONCILED} addition", span)
    return total.histogram


class _Smoother:
    def __init__(self, run: Run, name: str, span: Span) -> None:
        self._run, self._name, self._span = run, name, span

    def at(self, samples: list[Sample], end: int, lookback_ms: int) -> float | FloatHistogram | None:
        """None when there is no sample up to `end` within the lookback."""
        low = bisect_right(samples, end - lookback_ms, key=_time)
        window = samples[low : bisect_right(samples, end + lookback_ms, key=_time)]
        if len({isinstance(value, FloatHistogram) for _, value in window}) == 2:
            self._warn(MIXED_SAMPLES)
            return None
        following = bisect_left(window, end, key=_time)
        if following < len(window) and window[following][0] == end:
            return window[following][1]
        if following == 0:
            return None
        if following == len(window):
            last = window[-1][1]
            return with_hint(last, CounterReset.UNKNOWN) if isinstance(last, FloatHistogram) else last
        return self._between(window[following - 1], window[following], end)

    def _between(self, before: Sample, after: Sample, end: int) -> float | FloatHistogram | None:
        low, high = before[1], after[1]
        if isinstance(low, FloatHistogram) and isinstance(high, FloatHistogram):
            counter = (
                CounterReset.GAUGE not in (low.counter_reset, high.counter_reset)
                or low.counter_reset is not high.counter_reset
            )
            try:
                if is_custom(low) != is_custom(high):
                    raise IncompatibleBucketsError("exponential and custom buckets")
                pair = ((before[0], low), (after[0], high))
                return interpolate_histograms(self._run, *pair, end, self._span, counter=counter)
            except IncompatibleBucketsError:
                self._warn(MIXED_SCHEMAS)
                return None
        assert isinstance(low, float)
        assert isinstance(high, float)
        return interpolate((before[0], low), (after[0], high), end, counter=False)

    def _warn(self, text: str) -> None:
        self._run.notes.warn(quoted_names(text, [self._name])[0], self._span)


def _time(sample: Sample) -> int:
    return sample[0]


def _name(labels: LabelTable, row: int) -> str:
    return labels.symbols.text(int(labels.column(METRIC_NAME)[row]))
