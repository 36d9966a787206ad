"""The delimited protobuf format: each `io.prometheus.client.MetricFamily` behind its length.

    MetricFamily  1 name, 2 help, 3 type, 4 metric, 5 unit
    Metric        1 label {1 name, 2 value}, 2 gauge, 3 counter, 4 summary, 5 untyped, 6 timestamp ms, 7 histogram
    Histogram     1 count, 2 sum, 3 bucket {1 count, 2 upper bound, 3 exemplar, 4 float count}, 4 float count, 5 schema, 6 zero threshold,
                  7 zero count, 8 float zero count, 9 negative span, 10 negative delta, 11 negative count, 12 positive span,
                  13 positive delta, 14 positive count, 15 created, 16 exemplars

A histogram with native parts is stored as such when the job wants native histograms, and then not as a classic one, unless asked for.
"""

import math
from itertools import accumulate
from typing import Any, Final

import numpy as np

from collector.histogram import CounterReset, FloatHistogram
from collector.protobuf import (
    BYTES,
    ProtobufError,
    double,
    fields,
    packed_doubles,
    packed_varints,
    read_varint,
    signed,
    text,
    zigzag,
)
from collector.scrape.formats.numbers import normal_float
from collector.scrape.page import Exemplar, Metadata, Page, Pairs, ParseError, ParseOptions, ScrapeError
from pharos.exposition import format_value

_TYPES: Final = ("counter", "gauge", "summary", "unknown", "histogram", "gaugehistogram")
_SINGLE: Final = {2, 3, 5}
_FLOAT_COUNTS: Final = (4, 8)


class _Reader:
    def __init__(self, options: ParseOptions) -> None:
        self.options = options
        self.keys: list[bytes] = []
        self.values: list[float] = []
        self.stamps: list[int | None] = []
        self.sources: list[tuple[str, bytes, tuple[str, str] | None]] = []  # name, label fields, one more label
        self.histograms: dict[int, FloatHistogram] = {}
        self.exemplars: dict[int, list[Exemplar]] = {}
        self.created: dict[int, int] = {}
        self.metadata: dict[str, Metadata] = {}

    def family(self, message: Any) -> None:
        name, about, kind, unit = "", "", 0, ""
        metrics = []
        for number, wire, value in fields(message):
            if number == 4 and wire == BYTES:
                metrics.append(value)
            elif number == 1:
                name = text(value)
            elif number == 2:
                about = text(value)
            elif number == 3:
                kind = value
            elif number == 5:
                unit = text(value)
        if not name:
            raise ProtobufError("metric family without a name")
        if kind >= len(_TYPES):
            raise ProtobufError(f"unknown metric type {kind}")
        self.metadata[name] = Metadata(_TYPES[kind], about, unit)
        for metric in metrics:
            self._metric(name, metric)

    def _metric(self, name: str, message: Any) -> None:
        labels = bytearray()
        stamp: int | None = None
        content: tuple[int, Any] | None = None
        for number, _, value in fields(message):
            if number == 1:
                labels += len(value).to_bytes(4, "little") + value
            elif number == 6:
                stamp = signed(value)
            elif number in _SINGLE or number in (4, 7):
                content = (number, value)
        if content is None:
            return
        key, (number, value) = bytes(labels), content
        if number in _SINGLE:
            self._single(name, key, value, stamp)
        elif number == 4:
            self._summary(name, key, value, stamp)
        else:
            self._histogram(name, key, value, stamp)

    def add(
        self, name: str, labels: bytes, value: float, stamp: int | None, extra: tuple[str, str] | None = None
    ) -> int:
        """One sample; its index."""
        index = len(self.keys)
        self.keys.append(name.encode() + b"\0" + labels + (f"\0{extra[0]}={extra[1]}".encode() if extra else b""))
        self.sources.append((name, labels, extra))
        self.values.append(value)
        self.stamps.append(stamp)
        return index

    def _single(self, name: str, labels: bytes, message: Any, stamp: int | None) -> None:
        value, exemplar, created = 0.0, None, 0
        for number, _, raw in fields(message):
            if number == 1:
                value = double(raw)
            elif number == 2:
                exemplar = _exemplar(raw)
            elif number == 3:
                created = _time_ms(raw)
        index = self.add(name, labels, value, stamp)
        if exemplar is not None:
            self.exemplars[index] = [exemplar]
        self._began(index, created)

    def _began(self, first: int, created_ms: int) -> None:
        """Samples from `first` on have existed since then (0: not known)."""
        if created_ms and self.options.created_timestamps:
            self.created.update(dict.fromkeys(range(first, len(self.keys)), created_ms))

    def _summary(self, name: str, labels: bytes, message: Any, stamp: int | None) -> None:
        count, total, created = 0, 0.0, 0
        quantiles = []
        for number, _, raw in fields(message):
            if number == 1:
                count = raw
            elif number == 2:
                total = double(raw)
            elif number == 3:
                quantiles.append(_two_doubles(raw))
            elif number == 4:
                created = _time_ms(raw)
        first = self.add(f"{name}_count", labels, float(count), stamp)
        self.add(f"{name}_sum", labels, total, stamp)
        for quantile, value in quantiles:
            self.add(name, labels, value, stamp, ("quantile", normal_float(format_value(quantile))))
        self._began(first, created)

    def _histogram(self, name: str, labels: bytes, message: Any, stamp: int | None) -> None:
        read = _HistogramMessage(message)
        native = self.options.native_histograms and read.is_native
        first = len(self.keys)
        if native:
            index = self.add(name, labels, read.sum, stamp)
            self.histograms[index] = read.native()
            if read.exemplars:
                self.exemplars[index] = read.exemplars
        if not native or (self.options.always_classic_histograms and read.buckets):
            self._classic(name, labels, read, stamp)
        self._began(first, read.created)

    def _classic(self, name: str, labels: bytes, read: "_HistogramMessage", stamp: int | None) -> None:
        self.add(f"{name}_count", labels, read.count, stamp)
        self.add(f"{name}_sum", labels, read.sum, stamp)
        buckets = read.buckets
        if not buckets or not math.isinf(buckets[-1][0]):
            buckets = [*buckets, (math.inf, read.count, None)]
        for bound, count, exemplar in buckets:
            index = self.add(f"{name}_bucket", labels, count, stamp, ("le", normal_float(format_value(bound))))
            if exemplar is not None:
                self.exemplars[index] = [exemplar]

    def labels(self, index: int) -> Pairs:
        name, raw, extra = self.sources[index]
        pairs: Pairs = [("__name__", name)]
        at = 0
        while at < len(raw):
            size = int.from_bytes(raw[at : at + 4], "little")
            pairs.append(_label(raw[at + 4 : at + 4 + size]))
            at += 4 + size
        if extra is not None:
            pairs.append(extra)
        if len({label for label, _ in pairs}) != len(pairs):
            raise ScrapeError(f"label name is not unique: invalid sample of {name}")
        return pairs


class _HistogramMessage:
    """All of a histogram message."""

    def __init__(self, message: Any) -> None:
        numbers: dict[int, Any] = {}
        self.buckets: list[tuple[float, float, Exemplar | None]] = []
        self.spans: dict[int, list[tuple[int, int]]] = {9: [], 12: []}
        self.deltas: dict[int, list[int]] = {10: [], 13: []}
        self.counts: dict[int, list[float]] = {11: [], 14: []}
        self.exemplars: list[Exemplar] = []
        self.created = 0
        for number, kind, value in fields(message):
            if number == 3:
                self.buckets.append(_bucket(value))
            elif number in self.spans:
                self.spans[number].append(_span(value))
            elif number in self.deltas:
                self.deltas[number].extend(zigzag(item) for item in packed_varints(kind, value))
            elif number in self.counts:
                self.counts[number].extend(packed_doubles(kind, value))
            elif number == 15:
                self.created = _time_ms(value)
            elif number == 16:
                self.exemplars.append(_exemplar(value))
            else:
                numbers[number] = value
        self.floats = any(number in numbers and double(numbers[number]) > 0 for number in _FLOAT_COUNTS)
        self.count = double(numbers[4]) if self.floats and 4 in numbers else float(numbers.get(1, 0))
        self.sum = double(numbers[2]) if 2 in numbers else 0.0
        self.schema = zigzag(numbers.get(5, 0))
        self.zero_threshold = double(numbers[6]) if 6 in numbers else 0.0
        self.zero_count = double(numbers[8]) if self.floats and 8 in numbers else float(numbers.get(7, 0))

    @property
    def is_native(self) -> bool:
        return bool(self.spans[9] or self.spans[12] or self.zero_threshold > 0 or self.zero_count > 0)

    def native(self) -> FloatHistogram:
        """The native histogram. Raises `ParseError` when its parts contradict each other."""
        positive = self.counts[14] if self.floats else list(accumulate(self.deltas[13]))
        negative = self.counts[11] if self.floats else list(accumulate(self.deltas[10]))
        for spans, buckets in ((self.spans[12], positive), (self.spans[9], negative)):
            if sum(length for _, length in spans) != len(buckets):
                raise ParseError("native histogram: spans need another number of buckets than there are")
            if any(bucket < 0 for bucket in buckets):
                raise ParseError("native histogram: negative bucket count")
        if not -4 <= self.schema <= 8:
            raise ParseError(f"native histogram: schema {self.schema} is not known")
        return FloatHistogram(
            schema=self.schema,
            count=self.count,
            sum=self.sum,
            zero_threshold=self.zero_threshold,
            zero_count=self.zero_count,
            positive_spans=tuple(span for span in self.spans[12]),
            positive=np.array(positive, np.float64),
            negative_spans=tuple(span for span in self.spans[9]),
            negative=np.array(negative, np.float64),
            counter_reset=CounterReset.UNKNOWN,
            integer=not self.floats,
        )


def _label(message: Any) -> tuple[str, str]:
    name = value = ""
    for number, _, raw in fields(message):
        try:
            if number == 1:
                name = text(raw)
            elif number == 2:
                value = text(raw)
        except ProtobufError as error:
            raise ParseError(f"invalid UTF-8 label value: {error}") from error
    return name, value


def _two_doubles(message: Any) -> tuple[float, float]:
    found = {number: double(raw) for number, _, raw in fields(message) if number in (1, 2)}
    return found.get(1, 0.0), found.get(2, 0.0)


def _bucket(message: Any) -> tuple[float, float, Exemplar | None]:
    """Upper bound, cumulative count, exemplar."""
    bound, count, exemplar = 0.0, 0.0, None
    for number, _, raw in fields(message):
        if number == 1:
            count = count or float(raw)
        elif number == 2:
            bound = double(raw)
        elif number == 3:
            exemplar = _exemplar(raw)
        elif number == 4:
            count = double(raw) or count
    return bound, count, exemplar


def _span(message: Any) -> tuple[int, int]:
    found = {number: raw for number, _, raw in fields(message)}
    return zigzag(found.get(1, 0)), found.get(2, 0)


def _exemplar(message: Any) -> Exemplar:
    pairs, value, time = [], 0.0, None
    for number, _, raw in fields(message):
        if number == 1:
            pairs.append(_label(raw))
        elif number == 2:
            value = double(raw)
        elif number == 3:
            time = _time_ms(raw)
    return Exemplar(tuple(sorted(pairs)), value, time)


def _time_ms(message: Any) -> int:
    """A `google.protobuf.Timestamp`: seconds and nanoseconds."""
    found = {number: signed(raw) for number, _, raw in fields(message)}
    return found.get(1, 0) * 1000 + found.get(2, 0) // 1_000_000


def parse_protobuf(body: Any, options: ParseOptions) -> Page:
    """The page `body` (any bytes-like object). Raises `ParseError`."""
    data = bytes(body)
    reader = _Reader(options)
    at = 0
    try:
        while at < len(data):
            size, at = read_varint(data, at)
            if at + size > len(data):
                raise ProtobufError("unexpected end of page")
            reader.family(data[at : at + size])
            at += size
    except (ProtobufError, TypeError) as error:
        raise ParseError(f"proto: {error}") from error
    has_stamps = any(stamp is not None for stamp in reader.stamps)
    return Page(
        reader.keys,
        reader.values,
        reader.labels,
        reader.stamps if has_stamps else None,
        histograms=reader.histograms,
        exemplars=reader.exemplars,
        created_ms=reader.created,
        metadata=reader.metadata,
    )
