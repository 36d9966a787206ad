"""The series of one target: which sample of a page is which column of its storage group, and what happens when that changes.

A row holds the report series (`up` and companions) first, then the page's series in the order of the page. Samples that cannot be part
of a row go beside it: those with a timestamp of their own, and native histograms.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from collector.histogram import FloatHistogram
from collector.scrape.mutate import LabelRules, report_labels, stored_labels
from collector.scrape.page import Counts, Exemplar, Page, ParseError, ScrapeError
from collector.scrape.shape import PageShape
from collector.storage.interface import ABSENT_NAN, STALE_NAN, Appendable, AppendReport, ScrapeGroup
from pharos.labels import LabelSet

_DROPPED: Final = -1  # by relabelling
_TAKEN: Final = -2  # a series of the report: ours stays, the page's is left out


class SampleLimitError(ScrapeError):
    """More samples than `sample_limit`."""


@dataclass(frozen=True, slots=True)
class SampleRules:
    """How samples are taken, apart from their labels."""

    honor_timestamps: bool = True
    track_timestamps_staleness: bool = False
    sample_limit: int = 0


@dataclass(slots=True)
class _Taken:
    """Where the samples of a page go; built completely before anything is stored."""

    slots: list[int] = field(default_factory=list)  # of every sample; -1 dropped
    row_slots: list[int] = field(default_factory=list)
    row_values: list[float] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)  # of every sample; -1 not in the row
    loose: list[tuple[int, int, float]] = field(default_factory=list)  # slot, time, value
    histograms: list[tuple[int, int, FloatHistogram]] = field(default_factory=list)
    exemplars: list[tuple[int, Exemplar]] = field(default_factory=list)
    tracked: set[int] = field(default_factory=set)  # loose slots that must end with a staleness marker
    added: int = 0


class TargetSeries:
    """Keeps the columns of one target's group. `take` and `fail` prepare the row, `write` appends it with the report values."""

    def __init__(
        self,
        storage: Appendable,
        target: LabelSet,
        labels: LabelRules,
        samples: SampleRules,
        report_names: Sequence[str],
    ) -> None:
        self._storage, self._labels, self._rules = storage, labels, samples
        self._group: ScrapeGroup = storage.open_group()
        self._report = [report_labels(name, target) for name in report_names]
        self._series: list[LabelSet] = []  # by slot
        self._known: dict[bytes, int] = {}  # of pages without a shape
        self._shape: PageShape | None = None
        self._shape_slots: list[int] = []
        self._columns: NDArray[np.int64] | None = None  # None: sample i is column i
        self._row_slots: list[int] | None = []  # None: numbers have changed since the last reshape
        self._row = np.empty(len(self._report))
        self._loose: dict[int, LabelSet] = {}
        self._kept = 0
        self._failed = False
        self._group.reshape(self._report)

    @property
    def report_width(self) -> int:
        return len(self._report)

    def take_fast(self, body: Any) -> Counts | None:
        """Take a page of the same shape as the last one. None: it has another shape, nothing happened."""
        if self._shape is None:
            return None
        values = self._shape.read(body)
        if values is None:
            return None
        page_row = self._row[len(self._report) :]
        if self._columns is None:
            page_row[:] = values
        else:
            used = self._columns >= 0
            page_row[self._columns[used]] = values[used]
        self._failed = False
        return Counts(len(values), self._kept, 0)

    def take(self, page: Page, body: Any, timestamp_ms: int) -> Counts:
        """Take a parsed page. Raises `ScrapeError` and leaves everything as it was when the page must not be stored."""
        known = self._known_keys()
        fresh: dict[bytes, int] = {}
        before = len(self._series)
        try:
            taken = self._sort_out(page, known, fresh, timestamp_ms)
        except ScrapeError:
            del self._series[before:]
            raise
        known.update(fresh)
        self._store_loose(taken, timestamp_ms)
        self._adopt(page, body, taken, known)
        self._failed = False
        kept = sum(slot != _DROPPED for slot in taken.slots)
        self._kept = kept
        return Counts(len(taken.slots), kept, taken.added)

    def fail(self, timestamp_ms: int) -> None:
        """The scrape brought nothing: what was there ends."""
        page_row = self._row[len(self._report) :]
        if not self._failed:
            page_row[:] = STALE_NAN
            self._end_loose(set(), timestamp_ms)
        elif len(page_row):
            # Down for longer: do not write empty columns for ever. The keys stay known, so that coming back costs one slow scrape.
            self._known = self._known_keys()
            self._shape = None
            self._reshape([])
        self._failed = True

    def reset(self, timestamp_ms: int) -> None:
        """Forget everything about the page after an error that should not have been: the next scrape starts anew."""
        self._end_loose(set(), timestamp_ms)
        self._series, self._known, self._shape, self._columns = [], {}, None, None
        self._failed = True
        self._reshape([])

    def write(self, timestamp_ms: int, report: Sequence[float]) -> AppendReport:
        """Append the row."""
        self._row[: len(self._report)] = report
        return self._group.append_row(timestamp_ms, self._row)

    def close(self, stale_at_ms: int | None) -> None:
        """The target is gone (None: the server stops)."""
        if stale_at_ms is not None:
            self._end_loose(set(), stale_at_ms)
            if self._failed and self._row_slots:
                self._reshape([])
        self._group.close(stale_at_ms)

    def _known_keys(self) -> dict[bytes, int]:
        if self._shape is None:
            return self._known
        return dict(zip(self._shape.keys(), self._shape_slots, strict=True))

    def _sort_out(self, page: Page, known: dict[bytes, int], fresh: dict[bytes, int], timestamp_ms: int) -> _Taken:
        taken = _Taken()
        by_labels: dict[LabelSet, int] | None = None
        pairs: dict[tuple[str, str], tuple[str, str]] = {}
        column_of: dict[int, int] = {}
        loose_seen: set[int] = set()
        limit = self._rules.sample_limit
        stamps = page.stamps if self._rules.honor_timestamps else None
        stored = 0
        for index, key in enumerate(page.keys):
            slot = known.get(key)
            if slot is None:
                slot = fresh.get(key)
            if slot is None:
                if by_labels is None:
                    by_labels = {labels: number for number, labels in enumerate(self._series)}
                    pairs = {pair: pair for labels in self._series for pair in labels}
                try:
                    slot = self._new_slot(page, index, by_labels, pairs)
                except ScrapeError as error:
                    read = index if isinstance(error, ParseError) else index + 1
                    error.counts = Counts(read, sum(slot != _DROPPED for slot in taken.slots), taken.added)
                    raise
                fresh[key] = slot
                taken.added += slot >= 0
            taken.slots.append(slot)
            column = -1
            if slot >= 0:
                stamp = None if stamps is None else stamps[index]
                histogram = page.histograms.get(index)
                if histogram is None and stamp is None and slot not in column_of and slot not in loose_seen:
                    column = column_of[slot] = len(taken.row_slots)
                    taken.row_slots.append(slot)
                    taken.row_values.append(page.values[index])
                    stored += 1
                elif stamp is not None or (histogram is not None and slot not in loose_seen):
                    loose_seen.add(slot)
                    self._place_loose(
                        taken, slot, timestamp_ms if stamp is None else stamp, page.values[index], histogram
                    )
                    if stamp is None or self._rules.track_timestamps_staleness:
                        taken.tracked.add(slot)
                    stored += 1
                taken.exemplars.extend((slot, exemplar) for exemplar in page.exemplars.get(index, ()))
            taken.columns.append(column)
        if limit and stored > limit:
            kept = sum(slot != _DROPPED for slot in taken.slots)
            raise SampleLimitError("sample limit exceeded", Counts(len(page.keys), kept, taken.added))
        return taken

    def _place_loose(
        self, taken: _Taken, slot: int, timestamp_ms: int, value: float, histogram: FloatHistogram | None
    ) -> None:
        if histogram is None:
            taken.loose.append((slot, timestamp_ms, value))
        else:
            taken.histograms.append((slot, timestamp_ms, histogram))

    def _new_slot(
        self,
        page: Page,
        index: int,
        by_labels: dict[LabelSet, int],
        pairs: dict[tuple[str, str], tuple[str, str]],
    ) -> int:
        """The slot of a sample seen for the first time. Equal pairs of labels are kept in memory once."""
        labels = stored_labels(page.labels(index), self._labels)
        if labels is None:
            return _DROPPED
        labels = tuple([pairs.setdefault(pair, pair) for pair in labels])
        if labels in self._report:
            return _TAKEN
        slot = by_labels.setdefault(labels, len(self._series))
        if slot == len(self._series):
            self._series.append(labels)
        return slot

    def _store_loose(self, taken: _Taken, timestamp_ms: int) -> None:
        series = self._series
        if taken.loose:
            slots, times, values = zip(*taken.loose, strict=True)
            self._storage.append(
                [series[slot] for slot in slots], np.array(times, np.int64), np.array(values, np.float64)
            )
        if taken.histograms:
            slots, times, histograms = zip(*taken.histograms, strict=True)
            self._storage.append_histograms([series[slot] for slot in slots], np.array(times, np.int64), histograms)
        if taken.exemplars:
            self._storage.append_exemplars(
                [series[slot] for slot, _ in taken.exemplars],
                [
                    (e.labels, e.value, timestamp_ms if e.timestamp_ms is None else e.timestamp_ms)
                    for _, e in taken.exemplars
                ],
            )
        now_in_row = set(taken.row_slots)
        self._end_loose(taken.tracked | now_in_row, timestamp_ms)
        self._loose = {slot: series[slot] for slot in taken.tracked}

    def _end_loose(self, still_there: set[int], timestamp_ms: int) -> None:
        """Staleness markers for series beside the row that vanished."""
        gone = [labels for slot, labels in self._loose.items() if slot not in still_there]
        if gone:
            self._storage.append(gone, np.full(len(gone), timestamp_ms), np.full(len(gone), STALE_NAN))
        self._loose = {}

    def _adopt(self, page: Page, body: Any, taken: _Taken, known: dict[bytes, int]) -> None:
        """Make this page the one the next is compared with; forget series that are not on it."""
        renumbered = self._forget_absent(taken)
        row_slots = [renumbered[slot] for slot in taken.row_slots]
        if row_slots != self._row_slots:
            self._reshape(row_slots)
        self._row[len(self._report) :] = taken.row_values
        slots = [renumbered[slot] if slot >= 0 else slot for slot in taken.slots]
        if page.geometry is not None and not page.exemplars and not taken.loose:
            self._shape, self._shape_slots, self._known = PageShape(body, page.geometry), slots, {}
            columns = np.array(taken.columns, np.int64)
            straight = len(columns) == len(row_slots) and bool((columns == np.arange(len(columns))).all())
            self._columns = None if straight else columns
        else:
            self._shape = None
            self._known = dict(zip(page.keys, slots, strict=True))

    def _forget_absent(self, taken: _Taken) -> dict[int, int]:
        """Renumber the slots so that only series of this page remain. Returns old number -> new number."""
        present = dict.fromkeys(slot for slot in taken.slots if slot >= 0)
        renumbered = {slot: number for number, slot in enumerate(present)}
        if len(renumbered) != len(self._series) or any(slot != number for slot, number in renumbered.items()):
            self._series = [self._series[slot] for slot in renumbered]
            self._loose = {renumbered[slot]: labels for slot, labels in self._loose.items() if slot in renumbered}
            self._row_slots = None
        return renumbered

    def _reshape(self, row_slots: list[int]) -> None:
        self._row_slots = row_slots
        self._row = np.full(len(self._report) + len(row_slots), ABSENT_NAN)
        self._group.reshape([*self._report, *(self._series[slot] for slot in row_slots)])
