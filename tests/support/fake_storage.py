"""An `Appendable` in memory: what a scrape stored, as plain dictionaries."""

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from collector.storage.interface import ABSENT_BITS, STALE_BITS, STALE_NAN, AppendReport, Rows, Timestamps, Values
from pharos.labels import LabelSet

Sample = tuple[int, Any]


class FakeGroup:
    """Follows the contract of `ScrapeGroup` word by word."""

    def __init__(self, storage: "FakeStorage") -> None:
        self._storage = storage
        self.series: list[LabelSet] = []
        self.vanished: set[LabelSet] = set()
        self.reshapes = 0

    def reshape(self, series: Sequence[LabelSet]) -> None:
        assert len(set(series)) == len(series), "series must be distinct"
        for labels in series:
            assert list(labels) == sorted(labels)
            assert any(name == "__name__" for name, _ in labels)
        self.vanished = (self.vanished | set(self.series)) - set(series)
        self.series = list(series)
        self.reshapes += 1

    def reshape_numbered(self, numbers: Rows) -> None:
        self.reshape([self._storage.numbered[number] for number in numbers.tolist()])

    def hold(self, numbers: Rows) -> None:
        assert set(numbers.tolist()) <= set(range(len(self._storage.numbered)))

    def append_row(self, timestamp_ms: int, values: Values) -> AppendReport:
        assert len(values) == len(self.series)
        self._storage.rows += 1
        for labels, value in zip(self.series, values.tolist(), strict=True):
            if np.float64(value).view(np.uint64) != ABSENT_BITS:
                self._storage.put(labels, timestamp_ms, value)
        for labels in self.vanished:
            known = self._storage.samples.get(labels)
            if known and not is_stale(known[-1][1]):
                self._storage.put(labels, timestamp_ms, float(STALE_NAN))
        self.vanished = set()
        return AppendReport(appended=len(values))

    def close(self, stale_at_ms: int | None) -> None:
        self._storage.closed += 1
        if stale_at_ms is not None and self.series:
            self.append_row(stale_at_ms, np.full(len(self.series), STALE_NAN))


class FakeStorage:
    """All samples by series."""

    def __init__(self) -> None:
        self.samples: dict[LabelSet, list[Sample]] = {}
        self.exemplars: list[tuple[LabelSet, tuple[LabelSet, float, int]]] = []
        self.groups: list[FakeGroup] = []
        self.rows = self.closed = 0
        self.numbered: list[LabelSet] = []
        self._numbers: dict[LabelSet, int] = {}

    def register(self, series: Sequence[LabelSet]) -> Rows:
        for labels in series:
            if labels not in self._numbers:
                self._numbers[labels] = len(self.numbered)
                self.numbered.append(labels)
        return np.array([self._numbers[labels] for labels in series], np.int64)

    def steady(self) -> AbstractContextManager[None]:
        return nullcontext()

    def put(self, labels: LabelSet, timestamp_ms: int, value: Any) -> None:
        self.samples.setdefault(labels, []).append((timestamp_ms, value))

    def open_group(self) -> FakeGroup:
        self.groups.append(FakeGroup(self))
        return self.groups[-1]

    def append(self, series: Sequence[LabelSet], timestamps: Timestamps, values: Values) -> AppendReport:
        for labels, timestamp, value in zip(series, timestamps.tolist(), values.tolist(), strict=True):
            self.put(labels, timestamp, value)
        return AppendReport(appended=len(series))

    def append_histograms(
        self, series: Sequence[LabelSet], timestamps: Timestamps, histograms: Sequence[Any]
    ) -> AppendReport:
        for labels, timestamp, histogram in zip(series, timestamps.tolist(), histograms, strict=True):
            self.put(labels, timestamp, histogram)
        return AppendReport(appended=len(series))

    def append_beginnings(
        self, series: Sequence[LabelSet], timestamps: Timestamps, histograms: Sequence[Any | None]
    ) -> None:
        for labels, timestamp, histogram in zip(series, timestamps.tolist(), histograms, strict=True):
            known = self.samples.get(labels)
            if not known or known[-1][0] < timestamp:
                self.put(labels, timestamp, 0.0 if histogram is None else type(histogram)())

    def append_exemplars(self, series: Sequence[LabelSet], exemplars: Sequence[tuple[LabelSet, float, int]]) -> None:
        self.exemplars.extend(zip(series, exemplars, strict=True))

    def write_log(self) -> bool:
        return True

    def shown(self) -> dict[str, list[tuple[int, str]]]:
        """Samples as text, for comparisons: staleness markers as `stale`, NaN as `nan`."""
        from pharos.labels import format_labels

        return {
            format_labels(dict(labels)): [
                (time, "stale" if is_stale(value) else repr(value)) for time, value in samples
            ]
            for labels, samples in self.samples.items()
        }


def is_stale(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value) and int(np.float64(value).view(np.uint64)) == STALE_BITS
