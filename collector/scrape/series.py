"""The series of one target: which sample of a page is which column of its storage group, and what happens when that changes.

A row holds the report series (`up` and companions) first, then the page's series in the order of the page. Samples that cannot be part
of a row go beside it: those with a timestamp of their own, and native histograms.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from collector.config.scrape import ScrapeConfig
from collector.histogram import FloatHistogram
from collector.scrape.mutate import LabelRules, report_labels, stored_labels
from collector.scrape.page import Counts, Exemplar, Page, ParseError, ScrapeError
from collector.scrape.resolution import FINEST, bounded, finest_schema
from collector.scrape.shapes import PageShape, ShapeOf, shape_of
from collector.storage.interface import ABSENT_NAN, STALE_NAN, Appendable, AppendReport, Rows, ScrapeGroup, Values
from pharos.labels import LabelSet

_DROPPED: Final = -1  # by relabelling
_NO_SLOTS: Final = np.empty(0, np.int32)
_NEW: Final = -3  # not seen before
_REPORTED: Final = -10  # and below, -10 - i: series i of the report; the page's value comes first, as in Prometheus


class BucketLimitError(ScrapeError):
    """A native histogram with more buckets than `native_histogram_bucket_limit` at any resolution."""


class SampleLimitError(ScrapeError):
    """More samples than `sample_limit`."""


@dataclass(frozen=True, slots=True)
class SampleRules:
    """How samples are taken, apart from their labels."""

    honor_timestamps: bool = True
    track_timestamps_staleness: bool = False
    sample_limit: int = 0
    bucket_limit: int = 0
    max_schema: int = FINEST

    @classmethod
    def of(cls, config: ScrapeConfig) -> "SampleRules":
        return cls(
            config.honor_timestamps,
            config.track_timestamps_staleness,
            config.sample_limit,
            config.native_histogram_bucket_limit,
            finest_schema(config.native_histogram_min_bucket_factor),
        )


@dataclass(slots=True)
class _Taken:
    """Where the samples of a page go; built completely before anything is stored."""

    slots: list[int]  # of every sample; negative: not stored
    row_slots: list[int] = field(default_factory=list)
    row_values: list[float] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)  # of every sample; -1 not in the row
    loose: list[tuple[int, int, float]] = field(default_factory=list)  # slot, time, value
    histograms: list[tuple[int, int, FloatHistogram]] = field(default_factory=list)
    exemplars: list[tuple[int, Exemplar]] = field(default_factory=list)
    created: dict[int, tuple[int, int]] = field(default_factory=dict)  # by slot: sample, when the series began
    reported: dict[int, float] = field(default_factory=dict)  # by number in the report
    tracked: set[int] = field(default_factory=set)  # loose slots that must end with a staleness marker


class TargetSeries:
    """Keeps the columns of one target's group. `take` and `fail` prepare the row, `write` appends it with the report values.

    A *slot* stands for one series of the target. Labels are not kept: the storage knows them by number.
    """

    def __init__(
        self,
        storage: Appendable,
        target: LabelSet,
        labels: LabelRules,
        samples: SampleRules,
        report_names: Sequence[str],
        shape_of: ShapeOf = shape_of,
    ) -> None:
        self._storage, self._labels, self._rules, self._shape_of = storage, labels, samples, shape_of
        self._group: ScrapeGroup = storage.open_group()
        self._report = [report_labels(name, target) for name in report_names]
        with storage.steady():
            self._report_numbers = storage.register(self._report)
            self._group.reshape_numbered(self._report_numbers)
        self._numbers: Rows = np.empty(0, np.int64)  # by slot
        self._known: dict[bytes, int] = {}  # slots by key, of pages without a shape
        self._shape: PageShape | None = None
        self._shape_slots: NDArray[np.int32] = np.empty(0, np.int32)
        self._columns: NDArray[np.int32] | None = None  # None: sample i is column i
        self._values: Values = np.empty(0)  # of the samples of the shape; a part of the row when sample i is column i
        self._row_slots: NDArray[np.int32] | None = None  # None: numbers have changed since the last reshape
        self._row = np.empty(len(self._report))
        self._loose: dict[int, LabelSet] = {}  # beside the row, by slot
        self._tracked: set[int] = set()  # those of them that must end with a staleness marker
        self._reported: dict[int, float] = {}  # what the page says of report series
        self._created: dict[int, int] = {}  # by slot, in milliseconds
        self._kept = 0
        self._failed = False

    @property
    def report_width(self) -> int:
        return len(self._report)

    def take_fast(self, body: Any) -> Counts | None:
        """Take a page of the same shape as the last one. None: it has another shape, nothing happened."""
        if self._shape is None or not self._shape.read(body, self._values):
            return None
        if self._columns is not None:
            used = self._columns >= 0
            self._row[len(self._report) :][self._columns[used]] = self._values[used]
        self._failed = False
        return Counts(len(self._shape), self._kept, 0)

    def take(self, page: Page, body: Any, timestamp_ms: int) -> Counts:
        """Take a parsed page. Raises `ScrapeError` and leaves everything as it was when the page must not be stored."""
        known = self._known_keys()
        found = [known.get(key, _NEW) for key in page.keys]
        added = self._enter(page, found, known)
        taken = self._sort_out(page, found, timestamp_ms)
        if page.created_ms:
            self._store_beginnings(page, taken)
        self._store_loose(page, taken, timestamp_ms)
        self._adopt(page, body, taken)
        self._failed = False
        self._kept = sum(slot != _DROPPED for slot in taken.slots)
        return Counts(len(taken.slots), self._kept, added)

    def fail(self, timestamp_ms: int) -> None:
        """The scrape brought nothing: what was there ends."""
        self._reported = {}
        page_row = self._row[len(self._report) :]
        if not self._failed:
            page_row[:] = STALE_NAN
            if self._shape is not None:
                self._shape.forget_values()
            self._end_loose(set(), timestamp_ms)
        elif len(page_row):
            # Down for longer: do not write empty columns for ever. The keys stay known, so that coming back costs one slow scrape.
            self._known = self._known_keys()
            self._shape = None
            self._reshape(_NO_SLOTS)
        self._failed = True

    def take_nothing(self, timestamp_ms: int) -> Counts:
        """An empty page: all series end, and are known when they come back."""
        self.fail(timestamp_ms)
        return Counts()

    def reset(self, timestamp_ms: int) -> None:
        """Forget everything about the page after an error that should not have been: the next scrape starts anew."""
        self._end_loose(set(), timestamp_ms)
        self._reported = {}
        self._numbers, self._known, self._shape, self._columns = self._numbers[:0], {}, None, None
        self._loose, self._created = {}, {}
        self._failed = True
        self._reshape(_NO_SLOTS)
        self._group.hold(self._numbers)

    def write(self, timestamp_ms: int, report: Sequence[float]) -> AppendReport:
        """Append the row."""
        self._row[: len(self._report)] = report
        for number, value in self._reported.items():
            self._row[number] = value
        return self._group.append_row(timestamp_ms, self._row)

    def close(self, stale_at_ms: int | None) -> None:
        """The target is gone (None: the server stops)."""
        if stale_at_ms is not None:
            self._end_loose(set(), stale_at_ms)
            if self._failed and self._row_slots is not None and len(self._row_slots):
                self._reshape(_NO_SLOTS)
        self._group.close(stale_at_ms)

    def _known_keys(self) -> dict[bytes, int]:
        if self._shape is None:
            return self._known
        return dict(zip(self._shape.keys(), self._shape_slots.tolist(), strict=True))

    def _enter(self, page: Page, slots: list[int], known: dict[bytes, int]) -> int:
        """Give slots to samples seen for the first time; how many new series that were. Raises `ScrapeError` before anything changed."""
        new: dict[bytes, LabelSet | int] = {}
        for index, slot in enumerate(slots):
            key = page.keys[index]
            if slot != _NEW or key in new:
                continue
            try:
                labels = stored_labels(page.labels(index), self._labels)
            except ScrapeError as error:
                read = index if isinstance(error, ParseError) else index + 1
                kept = sum(
                    (slot if slot != _NEW else new.get(page.keys[at], 0)) != _DROPPED
                    for at, slot in enumerate(slots[:index])
                )
                error.counts = Counts(read, kept, len(new))
                raise
            new[key] = (
                _DROPPED
                if labels is None
                else _REPORTED - self._report.index(labels)
                if labels in self._report
                else labels
            )
        self._check_whole(page, slots, new)
        return self._number(page, slots, new) if new else 0

    def _check_whole(self, page: Page, slots: list[int], new: dict[bytes, "LabelSet | int"]) -> None:
        """Before the storage hears of any new series: a page that breaks off or is over a limit must leave no trace."""
        limit = self._rules.sample_limit
        over_sample_limit = limit and len(slots) > limit
        over_bucket_limit = page.histograms and not self._bound_histograms(page, slots, new)
        if not over_sample_limit and not over_bucket_limit and page.error is None:
            return
        kept = sum((new[page.keys[at]] if slot == _NEW else slot) != _DROPPED for at, slot in enumerate(slots))
        doubled = self._doubled(page)
        counts = Counts(len(slots) + page.refused, kept, sum(labels != _DROPPED for labels in new.values()))
        if page.error is not None:
            page.error.counts = counts
            raise page.error
        if over_sample_limit and kept - doubled > limit:
            raise SampleLimitError("sample limit exceeded", counts)
        if over_bucket_limit:
            raise BucketLimitError("histogram bucket limit exceeded", counts)

    def _doubled(self, page: Page) -> int:
        """How many samples are not stored because their series had one: those with times of their own are."""
        stamps = page.stamps if self._rules.honor_timestamps else None
        keys = page.keys
        if stamps is not None:
            keys = [key for key, stamp in zip(keys, stamps, strict=True) if stamp is None]
        return len(keys) - len(set(keys))

    def _bound_histograms(self, page: Page, slots: list[int], new: dict[bytes, "LabelSet | int"]) -> bool:
        """Make native histograms as coarse as the limits want; whether that was enough for all that are stored."""
        fits = True
        for index, histogram in page.histograms.items():
            slot = new[page.keys[index]] if slots[index] == _NEW else slots[index]
            coarse = bounded(histogram, self._rules.bucket_limit, self._rules.max_schema)
            if coarse is not None:
                page.histograms[index] = coarse
            elif slot != _DROPPED:
                fits = False
        return fits

    def _number(self, page: Page, slots: list[int], new: dict[bytes, "LabelSet | int"]) -> int:
        labels = [value for value in new.values() if not isinstance(value, int)]
        slot_of = {number: slot for slot, number in enumerate(self._numbers.tolist())}
        with self._storage.steady():
            numbers = iter(self._storage.register(labels).tolist())
            placed = {
                key: value if isinstance(value, int) else slot_of.setdefault(next(numbers), len(slot_of))
                for key, value in new.items()
            }
            self._numbers = np.fromiter(slot_of, np.int64, len(slot_of))
            self._group.hold(self._numbers)
        for index, slot in enumerate(slots):
            if slot == _NEW:
                slots[index] = placed[page.keys[index]]
        return sum(value != _DROPPED for value in new.values())

    def _sort_out(self, page: Page, slots: list[int], timestamp_ms: int) -> _Taken:
        """Row or beside it: the first sample of a series counts, unless they have times of their own."""
        taken = _Taken(slots)
        column_of: dict[int, int] = {}
        loose_seen: set[int] = set()
        stamps = page.stamps if self._rules.honor_timestamps else None
        for index, slot in enumerate(slots):
            column, stored = -1, True
            if slot <= _REPORTED and (stamps is None or stamps[index] is None):
                taken.reported.setdefault(_REPORTED - slot, page.values[index])
            if slot >= 0:
                stamp = None if stamps is None else stamps[index]
                histogram = page.histograms.get(index)
                if histogram is None and stamp is None and slot not in column_of and slot not in loose_seen:
                    column = column_of[slot] = len(taken.row_slots)
                    taken.row_slots.append(slot)
                    taken.row_values.append(page.values[index])
                elif stamp is not None or (histogram is not None and slot not in loose_seen):
                    loose_seen.add(slot)
                    self._place_loose(page, index, taken, timestamp_ms if stamp is None else stamp)
                    if stamp is None or self._rules.track_timestamps_staleness:
                        taken.tracked.add(slot)
                else:
                    stored = False
                created = page.created_ms.get(index, 0) if stored else 0
                if created and created < (timestamp_ms if stamp is None else stamp):
                    taken.created.setdefault(slot, (index, created))
                if index in page.exemplars:
                    self._loose_labels(page, index, slot)
                    taken.exemplars.extend((slot, exemplar) for exemplar in page.exemplars[index])
            taken.columns.append(column)
        return taken

    def _place_loose(self, page: Page, index: int, taken: _Taken, timestamp_ms: int) -> None:
        slot, histogram = taken.slots[index], page.histograms.get(index)
        self._loose_labels(page, index, slot)
        if histogram is None:
            taken.loose.append((slot, timestamp_ms, page.values[index]))
        else:
            taken.histograms.append((slot, timestamp_ms, histogram))

    def _loose_labels(self, page: Page, index: int, slot: int) -> None:
        """Remember the labels of a series that is written beside the row."""
        if slot not in self._loose:
            labels = stored_labels(page.labels(index), self._labels)
            assert labels is not None
            self._loose[slot] = labels

    def _store_beginnings(self, page: Page, taken: _Taken) -> None:
        """A zero at the time a series began, before its samples: what it counted until its first scrape is an increase too."""
        news = [(slot, *found) for slot, found in taken.created.items() if self._created.get(slot) != found[1]]
        if not news:
            return
        series, times, histograms = [], [], []
        for slot, index, created in news:
            labels = stored_labels(page.labels(index), self._labels)
            assert labels is not None
            series.append(labels)
            times.append(created)
            histograms.append(page.histograms.get(index))
            self._created[slot] = created
        self._storage.append_beginnings(series, np.array(times, np.int64), histograms)

    def _store_loose(self, page: Page, taken: _Taken, timestamp_ms: int) -> None:
        series = self._loose
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
        self._end_loose(taken.tracked | set(taken.row_slots), timestamp_ms)
        self._tracked = taken.tracked

    def _end_loose(self, still_there: set[int], timestamp_ms: int) -> None:
        """Staleness markers for series beside the row that vanished."""
        gone = [self._loose[slot] for slot in self._tracked if slot not in still_there]
        if gone:
            self._storage.append(gone, np.full(len(gone), timestamp_ms), np.full(len(gone), STALE_NAN))
        self._tracked = set()

    def _adopt(self, page: Page, body: Any, taken: _Taken) -> None:
        """Make this page the one the next is compared with; forget series that are not on it."""
        renumbered = self._forget_absent(taken)
        row_slots = np.array([renumbered[slot] for slot in taken.row_slots], np.int32)
        if self._row_slots is None or not np.array_equal(row_slots, self._row_slots):
            self._reshape(row_slots)
        self._row[len(self._report) :] = taken.row_values
        slots = [renumbered[slot] if slot >= 0 else slot for slot in taken.slots]
        self._reported = taken.reported
        if page.geometry is not None and not page.exemplars and not taken.loose and not taken.reported:
            self._shape, self._known = self._shape_of(body, page.geometry), {}
            self._shape_slots = np.array(slots, np.int32)
            columns = np.array(taken.columns, np.int32)
            straight = len(columns) == len(row_slots) and bool((columns == np.arange(len(columns))).all())
            self._columns = None if straight else columns
            self._values = self._row[len(self._report) :] if straight else np.empty(len(columns))
        else:
            self._shape = None
            self._known = dict(zip(page.keys, slots, strict=True))

    def _forget_absent(self, taken: _Taken) -> dict[int, int]:
        """Renumber the slots so that only series of this page remain. Returns old number -> new number."""
        present = dict.fromkeys(slot for slot in taken.slots if slot >= 0)
        renumbered = {slot: number for number, slot in enumerate(present)}
        if len(renumbered) != len(self._numbers) or any(slot != number for slot, number in renumbered.items()):
            self._numbers = self._numbers[np.array(list(renumbered), np.int64)]
            self._loose = {renumbered[slot]: labels for slot, labels in self._loose.items() if slot in renumbered}
            self._tracked = {renumbered[slot] for slot in self._tracked if slot in renumbered}
            self._created = {renumbered[slot]: time for slot, time in self._created.items() if slot in renumbered}
            self._row_slots = None
            self._group.hold(self._numbers)
        return renumbered

    def _reshape(self, row_slots: NDArray[np.int32]) -> None:
        self._row_slots = row_slots
        self._row = np.full(len(self._report) + len(row_slots), ABSENT_NAN)
        self._group.reshape_numbered(np.concatenate([self._report_numbers, self._numbers[row_slots]]))
