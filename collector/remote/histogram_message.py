"""Native histograms as remote write (1.0 and 2.0 alike) carries them.

1 count uint64 | 2 count double | 3 sum | 4 schema sint32 | 5 zero threshold | 6 zero count uint64 | 7 zero count double
8 negative spans | 9 negative deltas sint64 | 10 negative counts double | 11, 12, 13 the same for positive | 14 reset hint
15 timestamp | 16 custom values
"""

from itertools import accumulate
from typing import Any

import numpy as np

from collector.histogram import CounterReset, FloatHistogram
from collector.protobuf import (
    double,
    fields,
    packed_doubles,
    packed_varints,
    put_bytes,
    put_double,
    put_int,
    put_zigzag,
    signed,
    varint,
    zigzag,
)

Spans = tuple[tuple[int, int], ...]


def decode_histogram(message: Any) -> tuple[FloatHistogram, int]:
    """A histogram and its timestamp in milliseconds. Raises `ProtobufError`."""
    numbers: dict[int, Any] = {}
    spans: dict[int, list[tuple[int, int]]] = {8: [], 11: []}
    lists: dict[int, list[Any]] = {9: [], 10: [], 12: [], 13: [], 16: []}
    for number, kind, value in fields(message):
        if number in spans:
            spans[number].append(_span(value))
        elif number in (9, 12):
            lists[number].extend(zigzag(item) for item in packed_varints(kind, value))
        elif number in lists:
            lists[number].extend(packed_doubles(kind, value))
        else:
            numbers[number] = value
    integer = 2 not in numbers
    negative = list(accumulate(lists[9])) if integer else lists[10]
    positive = list(accumulate(lists[12])) if integer else lists[13]
    histogram = FloatHistogram(
        schema=zigzag(numbers.get(4, 0)),
        count=float(numbers.get(1, 0)) if integer else double(numbers[2]),
        sum=double(numbers[3]) if 3 in numbers else 0.0,
        zero_threshold=double(numbers[5]) if 5 in numbers else 0.0,
        zero_count=double(numbers[7]) if 7 in numbers else float(numbers.get(6, 0)),
        positive_spans=tuple(spans[11]),
        positive=np.array(positive, np.float64),
        negative_spans=tuple(spans[8]),
        negative=np.array(negative, np.float64),
        custom_values=tuple(lists[16]),
        counter_reset=CounterReset(numbers.get(14, 0) & 3),
        integer=integer,
    )
    return histogram, signed(numbers.get(15, 0))


def _span(message: Any) -> tuple[int, int]:
    offset = length = 0
    for number, _, value in fields(message):
        if number == 1:
            offset = zigzag(value)
        elif number == 2:
            length = value
    return offset, length


def encode_histogram(histogram: FloatHistogram, timestamp_ms: int) -> bytes:
    """The message of a histogram."""
    h = histogram
    if h.integer:
        head = put_int(1, int(h.count))
        zero = put_int(6, int(h.zero_count))
    else:
        head, zero = put_double(2, h.count), put_double(7, h.zero_count)
    return b"".join(
        (
            head,
            put_double(3, h.sum),
            put_zigzag(4, h.schema),
            put_double(5, h.zero_threshold),
            zero,
            _spans(8, h.negative_spans),
            _buckets(9, h.negative.tolist(), h.integer),
            _spans(11, h.positive_spans),
            _buckets(12, h.positive.tolist(), h.integer),
            put_int(14, int(h.counter_reset)),
            put_int(15, timestamp_ms),
            put_bytes(16, np.array(h.custom_values, "<f8").tobytes()) if h.custom_values else b"",
        )
    )


def _spans(number: int, spans: Spans) -> bytes:
    return b"".join(put_bytes(number, put_zigzag(1, offset) + put_int(2, length)) for offset, length in spans)


def _buckets(number: int, counts: list[float], integer: bool) -> bytes:
    """Deltas in field `number` for integer histograms, absolute counts in the field after it for the others."""
    if not counts:
        return b""
    if not integer:
        return put_bytes(number + 1, np.array(counts, "<f8").tobytes())
    deltas = [int(b - a) for a, b in zip([0.0, *counts[:-1]], counts, strict=True)]
    return put_bytes(number, b"".join(varint((delta << 1) ^ (delta >> 63)) for delta in deltas))
