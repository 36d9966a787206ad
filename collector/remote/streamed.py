"""Remote read answers as a stream of chunks (STREAMED_XOR_CHUNKS): neither side ever holds the whole answer.

A frame is: size (uvarint) | CRC-32C of the message (u32, big endian) | ChunkedReadResponse. It holds one series:

ChunkedReadResponse  1 chunked_series {1 labels {1 name, 2 value}, 2 chunks {1 min ms, 2 max ms, 3 type (1: XOR), 4 data}}, 2 query index
"""

from collections.abc import Iterator
from typing import Final

import google_crc32c
import numpy as np

from collector.protobuf import put_bytes, put_int, varint
from collector.remote.read_message import encode_labels
from collector.storage.interface import DensePart, FlatPart, Selection, Timestamps, Values
from collector.storage.xorencoder import TIME_LIMIT, chunk_starts, encode_xor
from pharos.labels import Labels

MEDIA_TYPE: Final = "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse"
_SAMPLES_AT_ONCE: Final = 1 << 16
_XOR: Final = 1


def can_stream(selection: Selection, min_ms: int, max_ms: int) -> bool:
    """Whether all samples fit into XOR chunks: these hold floats only."""
    if max(abs(min_ms), abs(max_ms)) >= TIME_LIMIT and any(
        len(part.timestamps) and int(np.abs(part.timestamps).max()) >= TIME_LIMIT for part in selection.parts
    ):
        return False
    return all(isinstance(part, DensePart) or part.histograms is None for part in selection.parts)


def frames(selection: Selection, external: Labels, query: int) -> Iterator[bytes]:
    """The frames of one query, series sorted by labels."""
    found = []
    for part in selection.parts:
        for place, row in enumerate(part.rows.tolist()):
            labels = sorted({**external, **selection.labels.labels(row)}.items())
            found.append((labels, part, place))
    found.sort(key=lambda one: one[0])
    step = max(1, _SAMPLES_AT_ONCE * len(found) // max(1, sum(part.values.size for part in selection.parts)))
    for begin in range(0, len(found), step):
        batch = found[begin : begin + step]
        samples = [_samples(part, place) for _, part, place in batch]
        labels_of = [dict(labels) for labels, _, _ in batch]
        yield b"".join(_frame(message) for message in _messages(labels_of, samples, query))


def _samples(part: DensePart | FlatPart, place: int) -> tuple[Timestamps, Values]:
    if isinstance(part, DensePart):
        return part.timestamps, part.values[place]
    own = slice(int(part.offsets[place]), int(part.offsets[place + 1]))
    return part.timestamps[own], part.values[own]


def _messages(labels: list[Labels], samples: list[tuple[Timestamps, Values]], query: int) -> Iterator[bytes]:
    offsets = np.cumsum([0, *(len(times) for times, _ in samples)])
    times = np.concatenate([times for times, _ in samples])
    starts, counts = chunk_starts(offsets)
    chunks = encode_xor(times, np.concatenate([values for _, values in samples]), starts)
    first, last = times[starts].tolist(), times[np.append(starts[1:], len(times)) - 1].tolist()
    begin = 0
    for own, count in zip(labels, counts.tolist(), strict=True):
        series = [encode_labels(own)]
        for place in range(begin, begin + count):
            head = put_int(1, first[place]) + put_int(2, last[place]) + put_int(3, _XOR)
            series.append(put_bytes(2, head + put_bytes(4, chunks[place])))
        begin += count
        if count:
            yield put_bytes(1, b"".join(series)) + (put_int(2, query) if query else b"")


def _frame(message: bytes) -> bytes:
    checksum: int = google_crc32c.value(message)
    return varint(len(message)) + checksum.to_bytes(4, "big") + message
