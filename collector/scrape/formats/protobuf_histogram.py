"""`io.prometheus.client.Histogram`, classic and native at once, and what else stands in several messages of the protobuf format.

Histogram  1 count, 2 sum, 3 bucket {1 count, 2 upper bound, 3 exemplar, 4 float count}, 4 float count, 5 schema, 6 zero threshold,
           7 zero count, 8 float zero count, 9 negative span, 10 negative delta, 11 negative count, 12 positive span,
           13 positive delta, 14 positive count, 15 created, 16 exemplars
"""

import math
from itertools import accumulate
from typing import Any, Final

import numpy as np

from collector.histogram import CounterReset, FloatHistogram
from collector.protobuf import (
    BYTES,
    FIXED64,
    VARINT,
    ProtobufError,
    double,
    fields,
    packed_doubles,
    packed_varints,
    signed,
    text,
    typed,
    zigzag,
)
from collector.scrape.page import Exemplar

_SPANS: Final = (9, 12)
_DELTAS: Final = (10, 13)
_COUNTS: Final = (11, 14)
_NUMBERS: Final = {1: VARINT, 2: FIXED64, 4: FIXED64, 5: VARINT, 6: FIXED64, 7: VARINT, 8: FIXED64}
_BUCKET: Final = {1: VARINT, 2: FIXED64, 3: BYTES, 4: FIXED64}
_EXEMPLAR: Final = {1: BYTES, 2: FIXED64, 3: BYTES}
_TWO_TEXTS: Final = {1: BYTES, 2: BYTES}
_TWO_NUMBERS: Final = {1: VARINT, 2: VARINT}


class HistogramMessage:
    """All of a histogram message. Raises `ProtobufError`."""

    def __init__(self, message: Any) -> None:
        numbers: dict[int, Any] = {}
        self.buckets: list[tuple[float, float, Exemplar | None]] = []
        self._spans: dict[int, list[tuple[int, int]]] = {number: [] for number in _SPANS}
        self._deltas: dict[int, list[int]] = {number: [] for number in _DELTAS}
        self._counts: dict[int, list[float]] = {number: [] for number in _COUNTS}
        self._exemplars: list[Exemplar] = []
        self.created = 0
        for number, kind, value in fields(message):
            if number in _NUMBERS:
                _expect(number, kind, _NUMBERS[number])
                numbers[number] = value
            elif number in _DELTAS:
                self._deltas[number].extend(zigzag(item) for item in packed_varints(kind, value))
            elif number in _COUNTS:
                self._counts[number].extend(packed_doubles(kind, value))
            elif number in (3, *_SPANS, 15, 16):
                _expect(number, kind, BYTES)
                self._take(number, value)
        whole = [double(numbers[number]) if number in numbers else 0.0 for number in (2, 4, 6, 8)]
        self.sum, float_count, self.zero_threshold, float_zero_count = whole
        self.floats = float_count > 0 or float_zero_count > 0
        self.classic_count = float_count or float(numbers.get(1, 0))
        self._count = float_count if self.floats else float(numbers.get(1, 0))
        self._schema = zigzag(numbers.get(5, 0))
        self._zero_count = float_zero_count if self.floats else float(numbers.get(7, 0))
        self.is_native = bool(self._spans[9] or self._spans[12] or self.zero_threshold > 0 or numbers.get(7, 0))

    def _take(self, number: int, value: Any) -> None:
        if number == 3:
            self.buckets.append(_bucket(value))
        elif number == 15:
            self.created = time_ms(value)
        elif number == 16:
            self._exemplars.append(exemplar(value))
        else:
            self._spans[number].append(_span(value))

    def native(self, *, gauge: bool) -> FloatHistogram:
        """The native histogram, which may contradict itself: see `contradiction`."""
        positive = self._counts[14] if self.floats else list(accumulate(self._deltas[13]))
        negative = self._counts[11] if self.floats else list(accumulate(self._deltas[10]))
        return FloatHistogram(
            schema=self._schema,
            count=self._count,
            sum=self.sum,
            zero_threshold=self.zero_threshold,
            zero_count=self._zero_count,
            positive_spans=tuple(self._spans[12]),
            positive=np.array(positive, np.float64),
            negative_spans=tuple(self._spans[9]),
            negative=np.array(negative, np.float64),
            counter_reset=CounterReset.GAUGE if gauge else CounterReset.UNKNOWN,
            integer=not self.floats,
        )

    def native_exemplars(self) -> list[Exemplar]:
        """Those of the native histogram, or else those of its classic buckets; without a time of their own they cannot be told apart."""
        found = self._exemplars or [example for *_, example in self.buckets if example is not None]
        dated = [
            (example.timestamp_ms, example.value, example) for example in found if example.timestamp_ms is not None
        ]
        return [example for *_, example in sorted(dated, key=lambda one: one[:2])]


def contradiction(histogram: FloatHistogram) -> str:
    """Why a native histogram must not be stored; an empty text when it may."""
    h = histogram
    sides = (("positive", h.positive_spans, h.positive), ("negative", h.negative_spans, h.negative))
    for side, spans, buckets in sides:
        if any(offset < 0 for offset, _ in spans[1:]):
            return f"{side} side: histogram has a span whose offset is negative"
        wanted = sum(length for _, length in spans)
        if wanted != len(buckets):
            return f"{side} side: spans need {wanted} buckets, have {len(buckets)} buckets: histogram spans specify different number of buckets than provided"
    for side, _, buckets in reversed(sides):
        below = np.flatnonzero(buckets < 0)
        if len(below):
            return (
                f"{side} side: bucket number {below[0] + 1} has observation count of {buckets[below[0]]:g}: "
                "histogram has a bucket whose observation count is negative"
            )
    if not -4 <= h.schema <= 8:
        return f"histogram has schema {h.schema}, which is not known"
    return _wrong_count(h) if h.integer else ""


def _wrong_count(h: FloatHistogram) -> str:
    found = float(h.positive.sum() + h.negative.sum() + h.zero_count)
    if found == h.count or (math.isnan(h.sum) and found < h.count):
        return ""
    relation = "should be at least" if math.isnan(h.sum) else "should equal"
    return (
        f"{found:.0f} observations found in buckets, but the Count field is {h.count:.0f}: "
        f"histogram's observation count {relation} the number of observations found in the buckets"
    )


def _expect(number: int, kind: int, expected: int) -> None:
    if kind != expected:
        raise ProtobufError(f"wrong wireType = {kind} for field {number}")


def _bucket(message: Any) -> tuple[float, float, Exemplar | None]:
    """Upper bound, cumulative count, exemplar."""
    found = dict(typed(message, _BUCKET))
    bound, floats = (double(found[number]) if number in found else 0.0 for number in (2, 4))
    return bound, floats or float(found.get(1, 0)), exemplar(found[3]) if 3 in found else None


def _span(message: Any) -> tuple[int, int]:
    found = dict(typed(message, _TWO_NUMBERS))
    return zigzag(found.get(1, 0) & 0xFFFFFFFF), found.get(2, 0) & 0xFFFFFFFF


def exemplar(message: Any) -> Exemplar:
    pairs, value, time = [], 0.0, None
    for number, raw in typed(message, _EXEMPLAR):
        if number == 1:
            pairs.append(label(raw))
        elif number == 2:
            value = double(raw)
        else:
            time = time_ms(raw)
    return Exemplar(tuple(sorted(pairs)), value, time)


def label(message: Any) -> tuple[str, str]:
    found = {number: text(raw) for number, raw in typed(message, _TWO_TEXTS)}
    return found.get(1, ""), found.get(2, "")


def time_ms(message: Any) -> int:
    """A `google.protobuf.Timestamp`: seconds and nanoseconds."""
    found = {number: signed(raw) for number, raw in typed(message, _TWO_NUMBERS)}
    return found.get(1, 0) * 1000 + found.get(2, 0) // 1_000_000
