"""What the storage offers to scraping, queries, rules and the API. The shapes are columns; nothing here is one object a sample.

Time is milliseconds since 1970 in int64; values are float64. Two reserved NaN payloads are not "not a number": `STALE_NAN`, the staleness
marker that Prometheus writes too, and `ABSENT_NAN`, which says "this series has no sample in this row" and never leaves the storage.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from collector.storage.symbols import LabelTable
from pharos.labels import Labels, LabelSet
from pharos.matchers import Matcher

Timestamps: TypeAlias = NDArray[np.int64]
Values: TypeAlias = NDArray[np.float64]
Rows: TypeAlias = NDArray[np.int64]

STALE_BITS: Final = 0x7FF0000000000002  # the payload of Prometheus's value.StaleNaN
ABSENT_BITS: Final = 0x7FF000000000A5A5
STALE_NAN: Final = np.uint64(STALE_BITS).view(np.float64)
ABSENT_NAN: Final = np.uint64(ABSENT_BITS).view(np.float64)


def is_stale(values: Values) -> NDArray[np.bool_]:
    """Which samples are staleness markers (NaN compares by bits, never by value)."""
    return np.asarray(values.view(np.uint64) == STALE_BITS)


@dataclass(frozen=True, slots=True)
class DensePart:
    """N series that share T timestamps and have a sample at each: what a scraped target looks like.

    rows: int64[N] rows of `Selection.labels`; timestamps: int64[T], ascending; values: float64[N, T]; may hold STALE_NAN when `stale`.
    """

    rows: Rows
    timestamps: Timestamps
    values: Values
    stale: bool = True


@dataclass(frozen=True, slots=True)
class FlatPart:
    """N series of any shape, one after the other.

    Series i, row `rows[i]` of `Selection.labels`, owns samples `offsets[i]:offsets[i + 1]`; timestamps ascend within a series.
    histograms: None when no sample is a native histogram; else object[K], None where the sample is a float (its value is then in
    `values`) and a `collector.histogram.FloatHistogram` where it is one (its value is then its sum).
    """

    rows: Rows
    offsets: NDArray[np.int64]
    timestamps: Timestamps
    values: Values
    histograms: NDArray[np.object_] | None = None
    stale: bool = True


@dataclass(frozen=True, slots=True)
class Selection:
    """The answer to `select`: S series and their samples in parts. Each series is in exactly one part; rows are in the order in which
    the storage first saw the series, and ascend within a part."""

    labels: LabelTable
    parts: list[DensePart | FlatPart] = field(default_factory=list)
    warnings: tuple[str, ...] = ()


class Queryable(Protocol):
    """Reading. All calls are synchronous and thread-safe: all but light questions run in worker threads, NumPy and pcodec release the GIL."""

    def select(
        self, matchers: Sequence[Matcher], min_ms: int, max_ms: int, *, sample_limit: int = 0, hint: Any = None
    ) -> Selection:
        """Samples with `min_ms <= t <= max_ms` of all series that satisfy every matcher. Series without a sample there are left out.

        `sample_limit`: raises `TooManySamplesError` beyond it (0: none).
        """
        ...

    def at_hand(self, matchers: Sequence[Matcher], min_ms: int, max_ms: int) -> int | None:
        """About how many series `select` would read, if that is known at once and it has little else to do; None for all else.

        Asked on the event loop, and what it says decides whether `select` runs there too: neither then waits for a lock or sorts much.
        """
        ...

    def series(self, matchers: Sequence[Matcher], min_ms: int, max_ms: int, *, limit: int = 0) -> list[Labels]: ...
    def label_names(self, matchers: Sequence[Matcher], min_ms: int, max_ms: int, *, limit: int = 0) -> list[str]: ...
    def label_values(
        self, name: str, matchers: Sequence[Matcher], min_ms: int, max_ms: int, *, limit: int = 0
    ) -> list[str]: ...


@runtime_checkable
class SlicedQueryable(Protocol):
    """A `Queryable` that can also read a selection too large to be held at once."""

    def slices(
        self, matchers: Sequence[Matcher], min_ms: int, max_ms: int, *, samples: int, series: int, hint: Any = None
    ) -> Iterator[Selection]:
        """What `select` gives, some series at a time, in their order: at most `series`, with about `samples` samples."""
        ...


class TooManySamplesError(Exception):
    """A query asked for more samples than allowed."""


@dataclass(slots=True)
class AppendReport:
    """What became of appended samples; all counts. Nothing is dropped without being counted here."""

    appended: int = 0
    out_of_order: int = 0
    too_old: int = 0
    duplicate: int = 0  # same timestamp, other value: the first stays
    too_far_ahead: int = 0


class ScrapeGroup(Protocol):
    """One target's series: a scrape appends one row. Not thread-safe: it belongs to its scrape loop."""

    def reshape(self, series: Sequence[LabelSet]) -> None:
        """The columns of the rows to come, in order. Series no longer there get a staleness marker in the next row by themselves;
        a LabelSet holds `__name__` and is sorted. Series must be distinct."""
        ...

    def reshape_numbered(self, numbers: Rows) -> None:
        """As `reshape`, with the numbers that `Appendable.register` gave instead of labels."""
        ...

    def hold(self, numbers: Rows) -> None:
        """Numbers that stay valid whether or not they are columns, until the next call or `close`."""
        ...

    def append_row(self, timestamp_ms: int, values: Values) -> AppendReport:
        """One scrape: `values[i]` belongs to column i of the last `reshape`; ABSENT_NAN for none, STALE_NAN for an end. The array may be
        reused by the caller afterwards."""
        ...

    def close(self, stale_at_ms: int | None) -> None:
        """The target is gone: mark all its series stale at that time (None: the server stops, leave them)."""
        ...


class Appendable(Protocol):
    """Writing."""

    def open_group(self) -> ScrapeGroup: ...

    def register(self, series: Sequence[LabelSet]) -> Rows:
        """The numbers of series; equal series have equal numbers. A number is valid within `steady`, and as long as a group has it as
        a column or holds it; later it may stand for another series."""
        ...

    def steady(self) -> AbstractContextManager[Any]:
        """Within it numbers stay what they are. Short: registering and maintenance wait for it."""
        ...

    def append(self, series: Sequence[LabelSet], timestamps: Timestamps, values: Values) -> AppendReport:
        """Samples with times of their own: series[i], timestamps[i], values[i] (series may repeat). Rules, remote write, honoured timestamps."""
        ...

    def append_histograms(
        self, series: Sequence[LabelSet], timestamps: Timestamps, histograms: Sequence[Any]
    ) -> AppendReport:
        """Native histograms (`collector.histogram.FloatHistogram`), else as `append`."""
        ...

    def append_beginnings(
        self, series: Sequence[LabelSet], timestamps: Timestamps, histograms: Sequence[Any | None]
    ) -> None:
        """A zero (a native histogram where `histograms[i]` is one) at the time series[i] began; left out without a word where the series
        has something as new already, or the time is too old."""
        ...

    def append_exemplars(self, series: Sequence[LabelSet], exemplars: Sequence[tuple[LabelSet, float, int]]) -> None:
        """Exemplars `(labels, value, timestamp_ms)` of series[i]."""
        ...

    def write_log(self) -> bool:
        """Hand what was appended to the operating system: from then on it survives a kill of this process. From any thread; False when the
        disk refused, the storage then goes on trying."""
        ...


@dataclass(frozen=True, slots=True)
class SelectHint:
    """What a query will do with the samples, so that a coarser copy may answer.

    step_ms: distance of the evaluation steps (0: an instant query); range_ms: length of the range selector (0: a plain selector);
    function: the range function around it (`rate`, `max_over_time`, ...), or "" for none; lookback_ms: how far a plain selector looks back.
    """

    step_ms: int = 0
    range_ms: int = 0
    function: str = ""
    lookback_ms: int = 300_000
