"""The records of the write-ahead log and of head files, as bytes (little endian; see docs/formats/wal.md).

SERIES     u32 S | u32 K | u32 T | sids i32[S] | keyset of each i32[S] | value texts i32[V] | names per keyset i32[K] | name texts i32[*]
           | text sizes u32[T] | texts UTF-8
LAYOUT     u32 group | u32 layout
SHAPE      u32 group | u32 shape | sids i32[N]
ROW        u32 group | u32 shape | i64 t | values f64[N]
CLOSE      u32 group | u32 0 | i64 t (or the smallest integer: without staleness markers)
SAMPLES    u32 n | u32 0 | timestamps i64[n] | values f64[n] | sids i32[n]
HISTOGRAMS u32 n | u32 0 | timestamps i64[n] | sids i32[n] | sizes u32[n] | blobs (histograms.py)
EXEMPLARS  JSON [[sid, labels, value, t], ...]
DELETE     i64 min | i64 max | sids i32[n]
"""

import enum
import itertools
import struct
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from collector.storage.interface import Rows, Timestamps, Values
from collector.storage.series import SeriesTable
from pharos.labels import LabelSet


class Kind(enum.IntEnum):
    """Kinds of records."""

    SERIES = 1
    SHAPE = 2
    ROW = 3
    CLOSE = 4
    SAMPLES = 5
    HISTOGRAMS = 6
    EXEMPLARS = 7
    DELETE = 8
    LAYOUT = 9


_TWO: Final = struct.Struct("<II")
_ROW: Final = struct.Struct("<IIq")
_SERIES: Final = struct.Struct("<III")
_SPAN: Final = struct.Struct("<qq")
NO_TIME: Final = -(2**63)


def encode_series(table: SeriesTable, sids: Rows) -> bytes:
    """Label sets of series with the texts they need: a record that stands alone."""
    keysets, codes = table.raw(sids)
    used_sets, keyset_index = np.unique(keysets, return_inverse=True)
    names = [table.keyset_names(keyset) for keyset in used_sets.tolist()]
    used_codes, code_index = np.unique(codes, return_inverse=True)
    texts = [table.symbols.text(code) for code in used_codes.tolist()]
    place = {text: index for index, text in enumerate(texts)}
    for group in names:
        for name in group:
            if name not in place:
                place[name] = len(texts)
                texts.append(name)
    encoded = [text.encode() for text in texts]
    return b"".join(
        (
            _SERIES.pack(len(sids), len(names), len(texts)),
            sids.astype("<i4").tobytes(),
            keyset_index.astype("<i4").tobytes(),
            np.array([len(group) for group in names], "<i4").tobytes(),
            np.array([place[name] for group in names for name in group], "<i4").tobytes(),
            code_index.astype("<i4").tobytes(),
            np.array([len(text) for text in encoded], "<u4").tobytes(),
            *encoded,
        )
    )


def decode_series(payloads: Iterable[memoryview], table: SeriesTable) -> Rows:
    """Enter the series of records into a table under the same numbers, which are returned. All at once: most records are short, and only
    long vectors are fast."""
    everything: list[Rows] = []
    fresh: list[_Series] = []
    for payload in payloads:
        reader = _Reader(payload, _SERIES.size)
        sids = reader.take("<i4", _SERIES.unpack_from(payload)[0]).astype(np.int64)
        everything.append(sids)
        if not table.knows(sids):
            fresh.append(_read_series(payload, sids, reader))
    if fresh:
        _enter(_joined(fresh), table)
    return np.concatenate(everything) if everything else np.empty(0, np.int64)


class _Series(NamedTuple):
    """A record of series, taken apart; places count within the record."""

    sids: Rows
    keysets: NDArray[np.int32]
    sizes: NDArray[np.int32]  # of key sets
    names: NDArray[np.int32]
    values: NDArray[np.int32]
    texts: list[str]


def _read_series(payload: memoryview, sids: Rows, reader: "_Reader") -> _Series:
    count, keyset_count, text_count = _SERIES.unpack_from(payload)
    keysets, sizes = reader.take("<i4", count), reader.take("<i4", keyset_count)
    names, values = reader.take("<i4", int(sizes.sum())), reader.take("<i4", int(sizes[keysets].sum()))
    return _Series(sids, keysets, sizes, names, values, reader.texts(text_count))


def _joined(parts: Sequence[_Series]) -> _Series:
    """Several records as one."""
    if len(parts) == 1:
        return parts[0]
    keysets = np.cumsum([0, *(len(part.sizes) for part in parts)]).tolist()
    texts = np.cumsum([0, *(len(part.texts) for part in parts)]).tolist()
    return _Series(
        np.concatenate([part.sids for part in parts]),
        np.concatenate([part.keysets + base for part, base in zip(parts, keysets, strict=False)]),
        np.concatenate([part.sizes for part in parts]),
        np.concatenate([part.names + base for part, base in zip(parts, texts, strict=False)]),
        np.concatenate([part.values + base for part, base in zip(parts, texts, strict=False)]),
        [text for part in parts for text in part.texts],
    )


def _enter(series: _Series, table: SeriesTable) -> None:
    names, texts = series.names.tolist(), series.texts
    keysets, begin = [], 0
    for size in series.sizes.tolist():
        keysets.append(table.keyset(tuple([texts[place] for place in names[begin : begin + size]])))
        begin += size
    used = np.zeros(len(texts), bool)
    used[series.values] = True
    places = np.flatnonzero(used)
    symbols = np.full(len(texts), -1, np.int32)
    symbols[places] = table.intern_all([texts[place] for place in places.tolist()])
    if len(series.sids):
        table.restore(series.sids, np.array(keysets, np.int32)[series.keysets], symbols[series.values])


class _Reader:
    """Arrays one after the other."""

    def __init__(self, payload: memoryview, offset: int) -> None:
        self._payload, self._offset = payload, offset

    def take(self, dtype: str, count: int) -> NDArray[np.int32]:
        out = np.frombuffer(self._payload, dtype, count, self._offset)
        self._offset += out.nbytes
        return out

    def texts(self, count: int) -> list[str]:
        edges = [0, *np.cumsum(self.take("<u4", count), dtype=np.int64).tolist()]
        blob = bytes(self._payload[self._offset : self._offset + edges[-1]])
        if blob.isascii():
            text = blob.decode()
            return [text[start:end] for start, end in itertools.pairwise(edges)]
        return [blob[start:end].decode() for start, end in itertools.pairwise(edges)]


def shape_parts(group: int, shape: int, sids: Rows) -> tuple[bytes, bytes]:
    return _TWO.pack(group, shape), sids.astype("<i4").tobytes()


def decode_shape(payload: memoryview) -> tuple[int, int, Rows]:
    group, shape = _TWO.unpack_from(payload)
    return group, shape, np.frombuffer(payload, "<i4", -1, _TWO.size).astype(np.int64)


def layout_parts(group: int, layout: int) -> tuple[bytes]:
    return (_TWO.pack(group, layout),)


def decode_layout(payload: memoryview) -> tuple[int, int]:
    group, layout = _TWO.unpack_from(payload)
    return group, layout


def row_parts(group: int, shape: int, timestamp_ms: int, values: Values) -> tuple[bytes, bytes]:
    return _ROW.pack(group, shape, timestamp_ms), values.tobytes()


def row_head(payload: memoryview) -> tuple[int, int, int]:
    """Group, shape and time of a row."""
    group, shape, timestamp_ms = _ROW.unpack_from(payload)
    return group, shape, timestamp_ms


def row_size(columns: int) -> int:
    return _ROW.size + 8 * columns


def row_values(payload: memoryview) -> Values:
    return np.frombuffer(payload, "<f8", -1, _ROW.size)


def decode_row(payload: memoryview) -> tuple[int, int, int, Values]:
    return (*row_head(payload), row_values(payload))


def close_parts(group: int, timestamp_ms: int | None) -> tuple[bytes]:
    return (_ROW.pack(group, 0, NO_TIME if timestamp_ms is None else timestamp_ms),)


def decode_close(payload: memoryview) -> tuple[int, int | None]:
    group, _, timestamp_ms = _ROW.unpack_from(payload)
    return group, None if timestamp_ms == NO_TIME else timestamp_ms


def samples_parts(sids: Rows, timestamps: Timestamps, values: Values) -> tuple[bytes, ...]:
    return (
        _TWO.pack(len(sids), 0),
        np.ascontiguousarray(timestamps, "<i8").tobytes(),
        np.ascontiguousarray(values, "<f8").tobytes(),
        sids.astype("<i4").tobytes(),
    )


def view_samples(payload: memoryview) -> tuple[NDArray[np.int32], Timestamps, Values]:
    """Arrays over the record's own bytes."""
    count, _ = _TWO.unpack_from(payload)
    timestamps = np.frombuffer(payload, "<i8", count, 8)
    values = np.frombuffer(payload, "<f8", count, 8 + 8 * count)
    return np.frombuffer(payload, "<i4", count, 8 + 16 * count), timestamps, values


def histograms_parts(sids: Rows, timestamps: Timestamps, blobs: Sequence[bytes]) -> tuple[bytes, ...]:
    return (
        _TWO.pack(len(sids), 0),
        timestamps.astype("<i8").tobytes(),
        sids.astype("<i4").tobytes(),
        np.array([len(blob) for blob in blobs], "<u4").tobytes(),
        *blobs,
    )


def decode_histograms(payload: memoryview) -> tuple[Rows, Timestamps, list[bytes]]:
    count, _ = _TWO.unpack_from(payload)
    timestamps = np.frombuffer(payload, "<i8", count, 8).astype(np.int64)
    sids = np.frombuffer(payload, "<i4", count, 8 + 8 * count).astype(np.int64)
    ends = 8 + 16 * count + np.cumsum(np.frombuffer(payload, "<u4", count, 8 + 12 * count), dtype=np.int64)
    edges = [8 + 16 * count, *ends.tolist()]
    return sids, timestamps, [bytes(payload[low:high]) for low, high in itertools.pairwise(edges)]


def exemplars_parts(sids: Rows, exemplars: Sequence[tuple[LabelSet, float, int]]) -> tuple[bytes]:
    """JSON has no NaN or infinities: values are written as hexadecimal text."""
    rows = [
        [sid, labels, value.hex(), timestamp_ms]
        for sid, (labels, value, timestamp_ms) in zip(sids.tolist(), exemplars, strict=True)
    ]
    return (orjson.dumps(rows),)


def decode_exemplars(payload: memoryview) -> list[tuple[int, LabelSet, float, int]]:
    return [
        (sid, tuple((name, text) for name, text in labels), float.fromhex(value), timestamp_ms)
        for sid, labels, value, timestamp_ms in orjson.loads(payload)
    ]


def delete_parts(sids: Rows, min_ms: int, max_ms: int) -> tuple[bytes, bytes]:
    return _SPAN.pack(min_ms, max_ms), sids.astype("<i4").tobytes()


def decode_delete(payload: memoryview) -> tuple[Rows, int, int]:
    min_ms, max_ms = _SPAN.unpack_from(payload)
    return np.frombuffer(payload, "<i4", -1, _SPAN.size).astype(np.int64), min_ms, max_ms
