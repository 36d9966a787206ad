"""The delimited protobuf format: each `io.prometheus.client.MetricFamily` behind its length.

    MetricFamily  1 name, 2 help, 3 type, 4 metric, 5 unit
    Metric        1 label {1 name, 2 value}, 2 gauge, 3 counter, 4 summary, 5 untyped, 6 timestamp ms, 7 histogram

A histogram with native parts is stored as such when the job wants native histograms, and then not as a classic one, unless asked for.
A page that breaks off, or says what cannot be, counts up to there, as in Prometheus.
"""

import math
from typing import Any, Final

from collector.histogram import FloatHistogram
from collector.protobuf import BYTES, FIXED64, VARINT, ProtobufError, double, read_varint, signed, text, typed
from collector.scrape.formats.numbers import normal_float
from collector.scrape.formats.protobuf_histogram import HistogramMessage, contradiction, exemplar, label, time_ms
from collector.scrape.page import Exemplar, Mark, Metadata, Page, Pairs, ParseError, ParseOptions, ScrapeError
from pharos.exposition import format_value
from pharos.gotemplate.gofmt import quote
from pharos.labels import is_valid_utf8_name

_TYPES: Final = ("counter", "gauge", "summary", "unknown", "histogram", "gaugehistogram")
_COUNTER, _SUMMARY, _GAUGE_HISTOGRAM = 0, 2, 5
_FIELD: Final = (3, 2, 4, 5, 7, 7)  # where a metric of each type has its content; without it all is 0
_LONGEST_LENGTH: Final = 5
_FAMILY: Final = {1: BYTES, 2: BYTES, 3: VARINT, 4: BYTES, 5: BYTES}
_METRIC: Final = {1: BYTES, 2: BYTES, 3: BYTES, 4: BYTES, 5: BYTES, 6: VARINT, 7: BYTES}
_SINGLE: Final = {1: FIXED64, 2: BYTES, 3: BYTES}
_SUMMARY_FIELDS: Final = {1: VARINT, 2: FIXED64, 3: BYTES, 4: BYTES}
_QUANTILE: Final = {1: FIXED64, 2: FIXED64}


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
        self.marks: list[Mark] = []
        self.refused = 0
        self._kind = 0

    def page_of(self, data: bytes) -> None:
        """Read all families. Raises `ParseError` where the page breaks off."""
        at = 0
        try:
            while at < len(data):
                size, begin = read_varint(data, at)
                if begin - at > _LONGEST_LENGTH:
                    raise ProtobufError("invalid varint encountered")
                at = begin + size
                if at > len(data):
                    raise ProtobufError(
                        f"insufficient length of buffer, expected at least {at} bytes, got {len(data)} bytes"
                    )
                self._family(data[begin:at])
        except ProtobufError as error:
            raise ParseError(f"proto: {error}") from error

    def _family(self, message: bytes) -> None:
        raw: dict[int, Any] = {1: b"", 2: b"", 3: 0, 5: b""}
        metrics = []
        for number, value in typed(message, _FAMILY):
            if number == 4:
                metrics.append(value)
            else:
                raw[number] = value
        if not metrics:
            return
        name = _name(raw[1])
        self._kind = raw[3]
        if self._kind >= len(_TYPES):
            raise ParseError(f"unknown metric type for metric {quote(name)}: {signed(self._kind)}")
        about = Metadata(_TYPES[self._kind], text(raw[2]), raw[5].decode(errors="replace"))
        self.metadata[name] = about
        self.marks.append(Mark(len(self.keys), about.type, name))
        for metric in metrics:
            self._metric(name, metric)

    def _metric(self, name: str, message: Any) -> None:
        labels = bytearray()
        stamp: int | None = None
        content: dict[int, Any] = {}
        for number, value in typed(message, _METRIC):
            if number == 1:
                labels += len(value).to_bytes(4, "little") + value
            elif number == 6:
                stamp = signed(value) or None
            else:
                content[number] = value
        key, value = bytes(labels), content.get(_FIELD[self._kind], b"")
        if self._kind == _SUMMARY:
            self._summary(name, key, value, stamp)
        elif _FIELD[self._kind] == 7:
            self._histogram(name, key, value, stamp)
        else:
            self._single(name, key, value, stamp)

    def add(
        self, name: str, labels: bytes, value: float, stamp: int | None, extra: tuple[str, str] | None = None
    ) -> int:
        """One sample; its index."""
        index = len(self.keys)
        self.keys.append(_key(name, labels, extra))
        self.sources.append((name, labels, extra))
        self.values.append(value)
        self.stamps.append(stamp)
        return index

    def _single(self, name: str, labels: bytes, message: Any, stamp: int | None) -> None:
        value, example, created = 0.0, None, 0
        for number, raw in typed(message, _SINGLE if self._kind == _COUNTER else {1: FIXED64}):
            if number == 1:
                value = double(raw)
            elif number == 2:
                example = exemplar(raw)
            else:
                created = time_ms(raw)
        index = self.add(name, labels, value, stamp)
        if example is not None:
            self.exemplars[index] = [example]
        self._began(index, created)

    def _began(self, first: int, created_ms: int) -> None:
        """Samples from `first` on have existed since then (0: not known)."""
        if created_ms and self.options.created_timestamps:
            self.created.update(dict.fromkeys(range(first, len(self.keys)), created_ms))

    def _summary(self, name: str, labels: bytes, message: Any, stamp: int | None) -> None:
        count, total, created = 0, 0.0, 0
        quantiles = []
        for number, raw in typed(message, _SUMMARY_FIELDS):
            if number == 1:
                count = raw
            elif number == 2:
                total = double(raw)
            elif number == 3:
                found = dict(typed(raw, _QUANTILE))
                quantiles.append([double(found[place]) if place in found else 0.0 for place in (1, 2)])
            else:
                created = time_ms(raw)
        first = self.add(f"{name}_count", labels, float(count), stamp)
        self.add(f"{name}_sum", labels, total, stamp)
        for quantile, value in quantiles:
            self.add(name, labels, value, stamp, ("quantile", normal_float(format_value(quantile))))
        self._began(first, created)

    def _histogram(self, name: str, labels: bytes, message: Any, stamp: int | None) -> None:
        read = HistogramMessage(message)
        native = self.options.native_histograms and read.is_native
        first = len(self.keys)
        if native:
            histogram = read.native(gauge=self._kind == _GAUGE_HISTOGRAM)
            wrong = contradiction(histogram)
            if wrong and (stamp is not None or _key(name, labels, None) not in self.keys):  # else it is not stored
                self.refused = 1
                raise ParseError(f"{wrong}: invalid histogram {quote(name)}")
            index = self.add(name, labels, read.sum, stamp)
            self.histograms[index] = histogram
            examples = read.native_exemplars()
            if examples:
                self.exemplars[index] = examples
        if not native or (self.options.always_classic_histograms and read.buckets):
            self._classic(name, labels, read, stamp)
        self._began(first, read.created)

    def _classic(self, name: str, labels: bytes, read: HistogramMessage, stamp: int | None) -> None:
        self.add(f"{name}_count", labels, read.classic_count, stamp)
        self.add(f"{name}_sum", labels, read.sum, stamp)
        for bound, count, example in _with_last(read):
            index = self.add(f"{name}_bucket", labels, count, stamp, ("le", normal_float(format_value(bound))))
            if example is not None:
                self.exemplars[index] = [example]

    def labels(self, index: int) -> Pairs:
        name, raw, extra = self.sources[index]
        pairs: Pairs = [("__name__", name)]
        at = 0
        while at < len(raw):
            size = int.from_bytes(raw[at : at + 4], "little")
            try:
                pairs.append(label(raw[at + 4 : at + 4 + size]))
            except ProtobufError as error:
                raise ParseError(f"proto: {error}") from error
            at += 4 + size
        if extra is not None:
            pairs.append(extra)
        return pairs


def _name(raw: bytes) -> str:
    """A valid name. Raises `ParseError`."""
    name = raw.decode(errors="replace")
    if not is_valid_utf8_name(name) or name.encode() != raw:
        raise ParseError(f"invalid metric name: {name}")
    return name


def _key(name: str, labels: bytes, extra: tuple[str, str] | None) -> bytes:
    return name.encode() + b"\0" + labels + (f"\0{extra[0]}={extra[1]}".encode() if extra else b"")


def _with_last(read: HistogramMessage) -> list[tuple[float, float, Exemplar | None]]:
    """The buckets up to the one without a bound, which is added when it is not there."""
    for number, (bound, *_) in enumerate(read.buckets):
        if bound == math.inf:
            return read.buckets[: number + 1]
    return [*read.buckets, (math.inf, read.classic_count, None)]


def parse_protobuf(body: Any, options: ParseOptions) -> Page:
    """The page `body` (any bytes-like object)."""
    reader = _Reader(options)
    error: ScrapeError | None = None
    try:
        reader.page_of(bytes(body))
    except ParseError as problem:
        error = problem
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
        marks=reader.marks,
        error=error,
        refused=reader.refused,
    )
