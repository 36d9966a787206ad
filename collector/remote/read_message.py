"""Remote read requests, and answers made of samples.

ReadRequest   1 queries {1 start ms, 2 end ms, 3 matchers {1 type, 2 name, 3 value}}, 2 accepted response types
ReadResponse  1 results {1 timeseries {1 labels {1 name, 2 value}, 2 samples {1 value, 2 timestamp}, 4 histograms}}
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from collector.protobuf import BYTES, fields, put_bytes, put_double, put_int, put_text, signed, text
from collector.remote.histogram_message import encode_histogram
from collector.storage.interface import Timestamps, Values
from pharos.matchers import Matcher, MatchOp

SAMPLES, STREAMED_XOR_CHUNKS = 0, 1
_OPS = (MatchOp.EQUAL, MatchOp.NOT_EQUAL, MatchOp.REGEX, MatchOp.NOT_REGEX)
# Times between 1971 and 2109 take a varint of six bytes: then all samples of a series have the same size.
_SIX_BYTES_MIN, _SIX_BYTES_MAX = 1 << 35, 1 << 42


@dataclass(frozen=True, slots=True)
class ReadQuery:
    """One query; times in milliseconds, both ends included."""

    min_ms: int
    max_ms: int
    matchers: tuple[Matcher, ...]


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """Queries, and whether the reader takes a stream of chunks, a list of samples, or both."""

    queries: list[ReadQuery]
    streamed: bool
    sampled: bool


def decode_read_request(body: bytes) -> ReadRequest:
    """Raises `ProtobufError` or `ValueError`."""
    queries: list[ReadQuery] = []
    accepted: set[int] = set()
    for number, kind, value in fields(body):
        if number == 1 and kind == BYTES:
            queries.append(_query(value))
        elif number == 2:  # repeated: packed or one by one
            accepted.update(bytes(value) if kind == BYTES else [value])
    if accepted and not accepted & {SAMPLES, STREAMED_XOR_CHUNKS}:
        raise ValueError(f"server does not support any of the requested response types: {sorted(accepted)}")
    return ReadRequest(queries, STREAMED_XOR_CHUNKS in accepted, not accepted or SAMPLES in accepted)


def _query(message: Any) -> ReadQuery:
    low = high = 0
    matchers = []
    for number, _, value in fields(message):
        if number == 1:
            low = signed(value)
        elif number == 2:
            high = signed(value)
        elif number == 3:
            matchers.append(_matcher(value))
    return ReadQuery(low, high, tuple(matchers))


def _matcher(message: Any) -> Matcher:
    op, name, value = 0, "", ""
    for number, _, raw in fields(message):
        if number == 1:
            op = raw
        elif number == 2:
            name = text(raw)
        elif number == 3:
            value = text(raw)
    if op >= len(_OPS):
        raise ValueError(f"unknown matcher type {op}")
    return Matcher(name, _OPS[op], value)


def encode_labels(labels: Mapping[str, str]) -> bytes:
    """The labels of a series, as fields of it."""
    return b"".join(put_bytes(1, put_text(1, name) + put_text(2, value)) for name, value in labels.items())


def encode_samples(timestamps: Timestamps, values: Values) -> bytes:
    """Samples as fields of a series: all at once when their times have the usual size."""
    if len(timestamps) == 0:
        return b""
    if timestamps.min() < _SIX_BYTES_MIN or timestamps.max() >= _SIX_BYTES_MAX:
        pairs = zip(timestamps.tolist(), values.tolist(), strict=True)
        return b"".join(put_bytes(2, put_double(1, value) + put_int(2, time)) for time, value in pairs)
    out = np.empty((len(timestamps), 18), np.uint8)
    out[:, :3] = (0x12, 16, 0x09)
    out[:, 3:11] = np.ascontiguousarray(values, "<f8").view(np.uint8).reshape(-1, 8)
    out[:, 11] = 0x10
    for place in range(6):
        out[:, 12 + place] = ((timestamps >> (7 * place)) & 0x7F) | (0x80 if place < 5 else 0)
    return out.tobytes()


def encode_histograms(timestamps: Iterable[int], histograms: Iterable[Any]) -> bytes:
    return b"".join(put_bytes(4, encode_histogram(h, t)) for t, h in zip(timestamps, histograms, strict=True))


def encode_read_response(results: Iterable[Iterable[bytes]]) -> bytes:
    """The answer: for each query the messages of its series."""
    return b"".join(put_bytes(1, b"".join(put_bytes(1, series) for series in result)) for result in results)
