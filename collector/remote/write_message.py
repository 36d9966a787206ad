"""Remote write requests, 1.0 and 2.0, to columns of samples.

    1.0  prometheus.WriteRequest: 1 timeseries {1 labels {1 name, 2 value}, 2 samples {1 value, 2 timestamp}, 3 exemplars
         {1 labels, 2 value, 3 timestamp}, 4 histograms}, 3 metadata
    2.0  io.prometheus.write.v2.Request: 4 symbols, 5 timeseries {1 label refs, 2 samples, 3 histograms, 4 exemplars {1 refs, 2 value,
         3 timestamp}, 5 metadata {1 type, 3 help ref, 4 unit ref}, 6 created}

The same series come again in every request: their labels are decoded once and remembered by their bytes.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from collector.histogram import FloatHistogram
from collector.protobuf import (
    BYTES,
    ProtobufError,
    double,
    fields,
    packed_varints,
    read_varint,
    signed,
    text,
)
from collector.remote.histogram_message import decode_histogram
from collector.remote.samples import SampleRuns
from pharos.labels import METRIC_NAME, LabelSet, is_valid_utf8_name

_REMEMBERED: Final = 200_000


@dataclass(slots=True)
class WriteRequest:
    """The samples, histograms and exemplars of a request, each as parallel lists; `invalid` counts series with labels nobody may store."""

    series: list[LabelSet] = field(default_factory=list)
    timestamps: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    histogram_series: list[LabelSet] = field(default_factory=list)
    histogram_times: list[int] = field(default_factory=list)
    histograms: list[FloatHistogram] = field(default_factory=list)
    exemplar_series: list[LabelSet] = field(default_factory=list)
    exemplars: list[tuple[LabelSet, float, int]] = field(default_factory=list)
    invalid: int = 0

    def take(self, samples: SampleRuns) -> None:
        """Fill in times and values of `series`."""
        timestamps, values = samples.columns()
        self.timestamps, self.values = timestamps.tolist(), values.tolist()


class WriteDecoder:
    """Decodes requests; remembers label sets between them. Not thread-safe."""

    def __init__(self) -> None:
        self._known: dict[bytes, LabelSet | None] = {}

    def decode_v1(self, body: bytes) -> WriteRequest:
        """A request of remote write 1.0. Raises `ProtobufError`."""
        request, samples = WriteRequest(), SampleRuns()
        for number, kind, value in fields(body):
            if number == 1 and kind == BYTES:
                self._series_v1(value, request, samples)
        request.take(samples)
        return request

    def decode_v2(self, body: bytes) -> WriteRequest:
        """A request of remote write 2.0. Raises `ProtobufError`."""
        request, samples = WriteRequest(), SampleRuns()
        symbols: list[str] = []
        series: list[Any] = []
        for number, kind, value in fields(body):
            if number == 4 and kind == BYTES:
                symbols.append(text(value))
            elif number == 5 and kind == BYTES:
                series.append(value)
        if symbols and symbols[0]:
            raise ProtobufError("the first symbol must be empty")
        for message in series:
            _series_v2(message, symbols, request, samples)
        request.take(samples)
        return request

    def _series_v1(self, message: Any, request: WriteRequest, samples: SampleRuns) -> None:
        end = _labels_end(message)
        raw = bytes(message[:end])
        if raw in self._known:
            labels = self._known[raw]
        else:
            labels = _checked([_label(value) for _, _, value in fields(raw)])
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[raw] = labels
        if labels is None:
            request.invalid += 1
            return
        count, end = samples.take_runs(message, end)
        request.series.extend([labels] * count)
        for number, _, value in fields(message, end):
            if number == 2:
                samples.take_one(value)
                request.series.append(labels)
            elif number == 3:
                _exemplar_v1(value, labels, request)
            elif number == 4:
                _histogram(value, labels, request)
            elif number == 1:
                raise ProtobufError("labels must stand before samples")


def _labels_end(message: Any) -> int:
    """Where the labels at the beginning of a series end."""
    at, stop = 0, len(message)
    while at < stop and message[at] == 0x0A:
        size, at = read_varint(message, at + 1)
        at += size
    if at > stop:
        raise ProtobufError("unexpected end of message")
    return at


def _label(message: Any) -> tuple[str, str]:
    name = value = ""
    for number, _, raw in fields(message):
        if number == 1:
            name = text(raw)
        elif number == 2:
            value = text(raw)
    return name, value


def _checked(pairs: list[tuple[str, str]]) -> LabelSet | None:
    """The label set, or None when it has no metric name, a bad or a doubled label name."""
    labels = tuple(sorted(pair for pair in pairs if pair[1]))
    names = [name for name, _ in labels]
    if METRIC_NAME not in names or len(set(names)) != len(names) or not all(map(is_valid_utf8_name, names)):
        return None
    return labels


def _histogram(message: Any, labels: LabelSet, request: WriteRequest) -> None:
    histogram, timestamp = decode_histogram(message)
    request.histogram_series.append(labels)
    request.histogram_times.append(timestamp)
    request.histograms.append(histogram)


def _exemplar_v1(message: Any, labels: LabelSet, request: WriteRequest) -> None:
    pairs: list[tuple[str, str]] = []
    value, timestamp = 0.0, 0
    for number, _, raw in fields(message):
        if number == 1:
            pairs.append(_label(raw))
        elif number == 2:
            value = double(raw)
        elif number == 3:
            timestamp = signed(raw)
    request.exemplar_series.append(labels)
    request.exemplars.append((tuple(sorted(pairs)), value, timestamp))


def _resolve(refs: list[int], symbols: list[str]) -> list[tuple[str, str]]:
    if len(refs) % 2:
        raise ProtobufError("label references must come in pairs")
    try:
        return [(symbols[refs[index]], symbols[refs[index + 1]]) for index in range(0, len(refs), 2)]
    except IndexError:
        raise ProtobufError("label reference beyond the symbols") from None


def _series_v2(message: Any, symbols: list[str], request: WriteRequest, samples: SampleRuns) -> None:
    end = _labels_end(message)
    refs = [ref for _, kind, value in fields(message, 0, end) for ref in packed_varints(kind, value)]
    labels = _checked(_resolve(refs, symbols))
    if labels is None:
        request.invalid += 1
        return
    count, end = samples.take_runs(message, end)
    request.series.extend([labels] * count)
    for number, _, value in fields(message, end):
        if number == 2:
            samples.take_one(value)
            request.series.append(labels)
        elif number == 3:
            _histogram(value, labels, request)
        elif number == 4:
            _exemplar_v2(value, symbols, labels, request)
        elif number == 1:
            raise ProtobufError("label references must come packed and before samples")


def _exemplar_v2(message: Any, symbols: list[str], labels: LabelSet, request: WriteRequest) -> None:
    refs: list[int] = []
    value, timestamp = 0.0, 0
    for number, kind, raw in fields(message):
        if number == 1:
            refs.extend(packed_varints(kind, raw))
        elif number == 2:
            value = double(raw)
        elif number == 3:
            timestamp = signed(raw)
    request.exemplar_series.append(labels)
    request.exemplars.append((tuple(sorted(_resolve(refs, symbols))), value, timestamp))
