"""Series in plain Python lists: for tests and for `pharos test rules`, where data is small and comes sample by sample.

A sample at a time that the series already has replaces the old one; samples may come in any order.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from collector.histogram import FloatHistogram
from collector.storage.interface import (
    AppendReport,
    DensePart,
    FlatPart,
    Selection,
    Timestamps,
    TooManySamplesError,
    Values,
)
from collector.storage.symbols import LabelTable, Symbols
from pharos.labels import METRIC_NAME, Labels, LabelSet, label_set
from pharos.matchers import Matcher, MatchOp

Sample = float | FloatHistogram


class _Series:
    __slots__ = ("histograms", "labels", "times", "values")

    def __init__(self, key: LabelSet) -> None:
        self.labels = dict(key)
        self.times: list[int] = []
        self.values: list[float] = []
        self.histograms: dict[int, FloatHistogram] = {}  # by time

    def put(self, time_ms: int, value: Sample) -> None:
        number = value.sum if isinstance(value, FloatHistogram) else value
        at = bisect_left(self.times, time_ms)
        if at < len(self.times) and self.times[at] == time_ms:
            self.values[at] = number
            self.histograms.pop(time_ms, None)
        else:
            self.times.insert(at, time_ms)
            self.values.insert(at, number)
        if isinstance(value, FloatHistogram):
            self.histograms[time_ms] = value

    def between(self, min_ms: int, max_ms: int) -> slice:
        return slice(bisect_left(self.times, min_ms), bisect_right(self.times, max_ms))


class MemoryStorage:
    """A `Queryable` that can be written to. Not thread-safe while it is written."""

    def __init__(self) -> None:
        self._series: dict[LabelSet, _Series] = {}
        self._by_name: dict[str, dict[LabelSet, _Series]] = {}
        self._symbols = Symbols()

    def put(self, labels: Labels | LabelSet, samples: Iterable[tuple[int, Sample | None]]) -> None:
        """Add samples `(time_ms, value)` to one series; None is no sample."""
        key = label_set(labels)
        for time_ms, value in samples:
            if value is not None:
                (self._series.get(key) or self._new(key)).put(time_ms, value)

    def _new(self, key: LabelSet) -> _Series:
        series = self._series[key] = _Series(key)
        self._by_name.setdefault(series.labels.get(METRIC_NAME, ""), {})[key] = series
        return series

    def append(self, series: Sequence[LabelSet], timestamps: Timestamps, values: Values) -> AppendReport:
        """As `Appendable.append`."""
        for key, time_ms, value in zip(series, timestamps.tolist(), values, strict=True):
            self.put(key, [(time_ms, value)])
        return AppendReport(appended=len(series))

    def append_histograms(
        self, series: Sequence[LabelSet], timestamps: Timestamps, histograms: Sequence[Any]
    ) -> AppendReport:
        """As `Appendable.append_histograms`."""
        for key, time_ms, histogram in zip(series, timestamps.tolist(), histograms, strict=True):
            self.put(key, [(time_ms, histogram)])
        return AppendReport(appended=len(series))

    def select(
        self, matchers: Sequence[Matcher], min_ms: int, max_ms: int, *, sample_limit: int = 0, hint: Any = None
    ) -> Selection:
        """As `Queryable.select`: one dense part when all series share their times, else one flat part."""
        found = self._matching(matchers, min_ms, max_ms)
        count = sum(piece.stop - piece.start for _, _, piece in found)
        if sample_limit and count > sample_limit:
            raise TooManySamplesError("query processing would load too many samples into memory in query execution")
        labels = LabelTable.build([key for key, _, _ in found], self._symbols)
        if not found:
            return Selection(labels)
        if _is_dense(found):
            return Selection(labels, [_dense(found)])
        return Selection(labels, [_flat(found)])

    def at_hand(self, matchers: Sequence[Matcher], min_ms: int, max_ms: int) -> int | None:
        """As `Queryable.at_hand`."""
        return len(self._candidates(matchers))

    def series(self, matchers: Sequence[Matcher], min_ms: int, max_ms: int, *, limit: int = 0) -> list[Labels]:
        """As `Queryable.series`."""
        found = [dict(key) for key, _, _ in self._matching(matchers, min_ms, max_ms)]
        return found[:limit] if limit else found

    def label_names(self, matchers: Sequence[Matcher], min_ms: int, max_ms: int, *, limit: int = 0) -> list[str]:
        """As `Queryable.label_names`."""
        names = sorted({name for key, _, _ in self._matching(matchers, min_ms, max_ms) for name, _ in key})
        return names[:limit] if limit else names

    def label_values(
        self, name: str, matchers: Sequence[Matcher], min_ms: int, max_ms: int, *, limit: int = 0
    ) -> list[str]:
        """As `Queryable.label_values`."""
        found = self._matching(matchers, min_ms, max_ms)
        values = sorted({value for key, _, _ in found for label, value in key if label == name})
        return values[:limit] if limit else values

    def _candidates(self, matchers: Sequence[Matcher]) -> dict[LabelSet, _Series]:
        """The series of one name when the matchers say so, else all."""
        for matcher in matchers:
            if matcher.name == METRIC_NAME and matcher.op is MatchOp.EQUAL:
                return self._by_name.get(matcher.value, {})
        return self._series

    def _matching(self, matchers: Sequence[Matcher], min_ms: int, max_ms: int) -> list[tuple[LabelSet, _Series, slice]]:
        found = []
        for key, series in self._candidates(matchers).items():
            labels = series.labels
            if all(matcher.matches(labels) for matcher in matchers):
                piece = series.between(min_ms, max_ms)
                if piece.start < piece.stop:
                    found.append((key, series, piece))
        return sorted(found, key=lambda item: item[0])


def _is_dense(found: list[tuple[LabelSet, _Series, slice]]) -> bool:
    _, first, piece = found[0]
    times = first.times[piece]
    return all(not series.histograms and series.times[part] == times for _, series, part in found)


def _dense(found: list[tuple[LabelSet, _Series, slice]]) -> DensePart:
    _, first, piece = found[0]
    values = np.array([series.values[part] for _, series, part in found], np.float64)
    return DensePart(np.arange(len(found)), np.array(first.times[piece], np.int64), values)


def _flat(found: list[tuple[LabelSet, _Series, slice]]) -> FlatPart:
    offsets = np.cumsum([0] + [piece.stop - piece.start for _, _, piece in found])
    times = np.array([time for _, series, piece in found for time in series.times[piece]], np.int64)
    values = np.array([value for _, series, piece in found for value in series.values[piece]], np.float64)
    histograms: np.ndarray[Any, np.dtype[np.object_]] | None = None
    if any(series.histograms for _, series, _ in found):
        histograms = np.empty(len(times), object)
        histograms[:] = [series.histograms.get(time) for _, series, piece in found for time in series.times[piece]]
    return FlatPart(np.arange(len(found)), offsets, times, values, histograms)
