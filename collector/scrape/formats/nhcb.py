"""Classic histograms as native histograms with custom buckets (`convert_classic_histograms_to_nhcb`).

As in Prometheus it is a matter of neighbours: samples that follow each other, belong to the family of the last TYPE line and differ in
nothing but `le` make one histogram. Parts that contradict each other make none, and are gone all the same.
"""

import math
from bisect import bisect_left
from collections import deque
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np

from collector.histogram import CUSTOM_BUCKETS_SCHEMA, FloatHistogram
from collector.scrape.formats.numbers import parse_float
from collector.scrape.page import Exemplar, Mark, Page, Pairs

_PARTS: Final = ("bucket", "sum", "count")
_Series: TypeAlias = tuple[str, frozenset[tuple[str, str]]]  # name and labels but `le`


@dataclass(slots=True)
class _Classic:
    """The parts of one classic histogram: cumulative counts by rising upper bound; False where a part contradicts the others."""

    series: _Series
    stamp: int | None
    created_ms: int
    bounds: list[float] = field(default_factory=list)
    counts: list[float] = field(default_factory=list)
    sum: float = 0.0
    count: float | None = None
    exemplars: list[Exemplar] = field(default_factory=list)
    sound: bool = True

    def add(self, part: str, bound: float, value: float) -> None:
        """Take a sample; only the first of a bound counts."""
        if not self.sound:
            return
        if part == "sum":
            self.sum = value
        elif value < 0:
            self.sound = False
        elif part == "count":
            self.count = value
        else:
            self._add_bucket(bound, value)

    def _add_bucket(self, bound: float, value: float) -> None:
        place = bisect_left(self.bounds, bound)
        if place < len(self.bounds) and self.bounds[place] == bound:
            return
        if (place and value < self.counts[place - 1]) or (place < len(self.counts) and value > self.counts[place]):
            self.sound = False
            return
        self.bounds.insert(place, bound)
        self.counts.insert(place, value)

    def histogram(self) -> FloatHistogram | None:
        """All parts as one, or None when they do not fit together."""
        count = self.count if self.count is not None else self.counts[-1] if self.counts else 0.0
        bounds, cumulative = list(self.bounds), list(self.counts)
        if not bounds or bounds[-1] != math.inf:
            bounds.append(math.inf)
            cumulative.append(count)
        if not self.sound or count != cumulative[-1] or bounds[0] == -math.inf:
            return None
        return FloatHistogram(
            schema=CUSTOM_BUCKETS_SCHEMA,
            count=count,
            sum=self.sum,
            positive_spans=((0, len(bounds)),),
            positive=np.diff(np.array([0.0, *cumulative])),
            custom_values=tuple(bounds[:-1]),
            integer=all(value.is_integer() for value in (count, *cumulative)),
        )


class _Converter:
    """Goes through a page once; `out` is the page that comes of it."""

    def __init__(self, page: Page, *, keep_classic: bool) -> None:
        self._page, self._keep = page, keep_classic
        self._kept: list[Pairs] = []
        self._type = self._family = ""
        self._open: _Classic | None = None
        self._native: _Series | None = None  # the native histogram whose classic samples follow
        self.out = Page(
            [],
            [],
            labels=self._kept.__getitem__,
            stamps=None if page.stamps is None else [],
            metadata=page.metadata,
            error=page.error,
            refused=page.refused,
        )

    def run(self) -> None:
        marks = deque(self._page.marks)
        for index in range(len(self._page.keys)):
            while marks and marks[0].at <= index:
                self._pass(marks.popleft())
            self._take(index, self._page.labels(index))
        for mark in marks:
            self._pass(mark)
        if self._page.error is None:
            self._close()

    def _pass(self, mark: Mark) -> None:
        self._close()
        if mark.type:
            self._type, self._family = mark.type, mark.name

    def _take(self, index: int, pairs: Pairs) -> None:
        if index in self._page.histograms:
            self._close()
            labels = dict(pairs)
            self._native = (labels.pop("__name__"), frozenset(labels.items()))
            self._copy(index, pairs)
            return
        labels = dict(pairs)
        name, bound = labels.pop("__name__"), labels.pop("le", None)
        base, _, part = name.rpartition("_")
        series = (base if part in _PARTS else name, frozenset(labels.items()))
        if self._native is not None and (self._type != "histogram" or self._native != series):
            self._native = None
        if self._open is not None and (self._type != "histogram" or self._open.series != series):
            self._close()
        if not self._collect(index, series, part, bound) or self._keep:
            self._copy(index, pairs)

    def _collect(self, index: int, series: _Series, part: str, bound: str | None) -> bool:
        """Whether the sample is a part of a histogram."""
        if self._native is not None or self._type != "histogram" or series[0] != self._family or part not in _PARTS:
            return False
        edge = _edge(bound) if part == "bucket" else 0.0
        if math.isnan(edge):
            return False
        page = self._page
        if self._open is None:
            self._open = _Classic(series, None, page.created_ms.get(index, 0))
        self._open.stamp = None if page.stamps is None else page.stamps[index]
        self._open.exemplars += page.exemplars.get(index, ())
        self._open.add(part, edge, page.values[index])
        return True

    def _close(self) -> None:
        """The histogram is over."""
        parts, self._open = self._open, None
        histogram = None if parts is None else parts.histogram()
        if parts is None or histogram is None:
            return
        name, labels = parts.series
        self._kept.append([("__name__", name), *sorted(labels)])
        at = self._add(b"\0nhcb" + repr(self._kept[-1]).encode(), parts.sum, parts.stamp)
        self.out.histograms[at] = histogram
        examples = [example for example in parts.exemplars if example.timestamp_ms is not None]
        if examples:
            self.out.exemplars[at] = examples
        if parts.created_ms:
            self.out.created_ms[at] = parts.created_ms

    def _copy(self, index: int, pairs: Pairs) -> None:
        page, out = self._page, self.out
        self._kept.append(pairs)
        at = self._add(page.keys[index], page.values[index], None if page.stamps is None else page.stamps[index])
        if index in page.histograms:
            out.histograms[at] = page.histograms[index]
        if index in page.exemplars and self._open is None:  # else they went with the histogram
            out.exemplars[at] = page.exemplars[index]
        if index in page.created_ms:
            out.created_ms[at] = page.created_ms[index]

    def _add(self, key: bytes, value: float, stamp: int | None) -> int:
        out = self.out
        out.keys.append(key)
        out.values.append(value)
        if out.stamps is not None:
            out.stamps.append(stamp)
        return len(out.keys) - 1


def _edge(bound: str | None) -> float:
    """The number behind `le`, NaN where it is none."""
    try:
        return math.nan if bound is None else parse_float(bound.encode())
    except ValueError:
        return math.nan


def convert_classic(page: Page, *, keep_classic: bool) -> Page:
    """The page with each classic histogram as one native histogram, beside (`keep_classic`) or instead of its samples."""
    converter = _Converter(page, keep_classic=keep_classic)
    converter.run()
    return converter.out
