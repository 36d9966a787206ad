"""Writes a block: a folder that is complete and durable under its name, or not there at all.

<ulid>/meta.json    times, counts, level, parents
<ulid>/index        series, labels, postings, chunk table (sections.py; docs/formats/block.md)
<ulid>/chunks       magic, then the bytes of chunks and time axes
"""

import hashlib
import itertools
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
from isal import isal_zlib
from numpy.typing import NDArray

from collector.storage.chunks import CONSTANT, HISTOGRAMS, encode_rows, encode_times
from collector.storage.columns import ranges
from collector.storage.downsample import Windows
from collector.storage.histogramchunks import encode_histograms
from collector.storage.interface import DensePart, FlatPart, Rows, Timestamps, Values
from collector.storage.sections import write_sections
from collector.storage.series import SeriesTable
from collector.storage.ulid import new_ulid
from collector.storage.wal import sync_folder

CHUNKS_MAGIC: Final = b"PHCHK1\0\0"
CHUNK_SAMPLES: Final = (
    2048  # the most in one chunk: 10 us to unpack, so that a short query does not pay for a long block
)
TEMPORARY: Final = ".tmp-for-creation"


@dataclass(slots=True)
class BlockMeta:
    """The content of meta.json; `max_time` is exclusive."""

    ulid: str
    min_time: int
    max_time: int
    level: int = 1
    sources: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    resolution_ms: int = 0
    kind: str = "raw"
    num_series: int = 0
    num_samples: int = 0
    num_chunks: int = 0

    def to_json(self) -> bytes:
        return orjson.dumps(
            {name: getattr(self, name) for name in self.__slots__} | {"version": 1}, option=orjson.OPT_INDENT_2
        )


@dataclass(slots=True)
class _Table:
    """Columns of the chunk table, one entry a chunk."""

    series: list[NDArray[np.int64]] = field(default_factory=list)
    axis: list[NDArray[np.int64]] = field(default_factory=list)
    place: list[NDArray[np.uint64]] = field(default_factory=list)
    size: list[NDArray[np.int64]] = field(default_factory=list)
    crc: list[NDArray[np.int64]] = field(default_factory=list)
    kind: list[NDArray[np.uint8]] = field(default_factory=list)
    column: list[NDArray[np.uint8]] = field(default_factory=list)


class BlockWriter:
    """Takes series in any order, each in one or several pieces that do not overlap in time."""

    def __init__(self, folder: Path, meta: BlockMeta) -> None:
        self.meta = meta
        self.folder = folder
        self._temporary = folder / (meta.ulid + TEMPORARY)
        self._temporary.mkdir(parents=True)
        self._file = (self._temporary / "chunks").open("wb")
        self._file.write(CHUNKS_MAGIC)
        self._size = len(CHUNKS_MAGIC)
        self._axes: dict[bytes, int] = {}
        self._axis_rows: list[tuple[int, int, int, int, int, int]] = []
        self._table = _Table()
        self._samples = 0
        self._column = 0  # of the chunks being added: 0 raw samples, else an aggregate

    @classmethod
    def create(cls, folder: Path, now_ms: int, min_time: int, max_time: int, **fields: Any) -> "BlockWriter":
        ulid = new_ulid(now_ms)
        meta = BlockMeta(ulid, min_time, max_time, **fields)
        meta.sources = meta.sources or (ulid,)
        return cls(folder, meta)

    def add(self, sids: Rows, parts: Sequence[DensePart | FlatPart], column: int = 0) -> None:
        """The parts of a selection, or one column of aggregates; part rows are places in `sids`."""
        self._column = column
        for part in parts:
            if isinstance(part, DensePart):
                self._add_matrix(sids[part.rows], part.timestamps, part.values)
            elif part.histograms is None:
                self._add_flat(sids[part.rows], part)
            else:
                self._add_mixed(sids[part.rows], part)

    def _add_matrix(self, sids: Rows, times: Timestamps, values: Values) -> None:
        pieces = -(-len(times) // CHUNK_SAMPLES)
        edges = np.linspace(0, len(times), pieces + 1).astype(int).tolist()
        for low, high in itertools.pairwise(edges):
            kinds, blobs = encode_rows(np.ascontiguousarray(values[:, low:high]))
            self._store(sids, np.full(len(sids), self._axis(times[low:high])), kinds, blobs)
        self._samples += values.size

    def _add_flat(self, sids: Rows, part: FlatPart) -> None:
        """Series of their own shapes; those of equal length are packed together."""
        lengths = np.diff(part.offsets)
        for length in np.unique(lengths[lengths > 0]).tolist():
            mine = np.flatnonzero(lengths == length)
            index = ranges(part.offsets[mine], np.full(len(mine), length)).reshape(len(mine), length)
            times, values = part.timestamps[index], part.values[index]
            pieces = -(-length // CHUNK_SAMPLES)
            edges = np.linspace(0, length, pieces + 1).astype(int).tolist()
            for low, high in itertools.pairwise(edges):
                kinds, blobs = encode_rows(np.ascontiguousarray(values[:, low:high]))
                axes = np.array([self._axis(row) for row in times[:, low:high]], np.int64)
                self._store(sids[mine], axes, kinds, blobs)
            self._samples += values.size

    def add_windows(self, sids: Rows, windows: Windows) -> None:
        """Aggregates of series; rows of the windows are places in `sids`."""
        for number, values in enumerate(windows.columns, 1):
            part = FlatPart(np.arange(len(windows.rows)), windows.offsets, windows.times, values)
            self.add(sids[windows.rows], [part], number)

    def _add_mixed(self, sids: Rows, part: FlatPart) -> None:
        """Series with histograms: runs of floats and runs of histograms become chunks of their own."""
        assert part.histograms is not None
        is_histogram = np.array([value is not None for value in part.histograms], bool)
        for place, sid in enumerate(sids.tolist()):
            begin, end = int(part.offsets[place]), int(part.offsets[place + 1])
            flags = is_histogram[begin:end]
            edges = np.flatnonzero(np.r_[True, flags[1:] != flags[:-1], True]) if end > begin else np.zeros(1, np.int64)
            for low, high in zip((begin + edges[:-1]).tolist(), (begin + edges[1:]).tolist(), strict=True):
                self._add_run(sid, part, low, high, bool(is_histogram[low]))

    def _add_run(self, sid: int, part: FlatPart, low: int, high: int, histograms: bool) -> None:
        step = 256 if histograms else CHUNK_SAMPLES
        for start in range(low, high, step):
            stop = min(start + step, high)
            axis = np.array([self._axis(part.timestamps[start:stop])])
            if histograms:
                assert part.histograms is not None
                kinds, blobs = np.array([HISTOGRAMS], np.uint8), [encode_histograms(part.histograms[start:stop])]
            else:
                kinds, blobs = encode_rows(part.values[None, start:stop])
            self._store(np.array([sid]), axis, kinds, blobs)
            self._samples += stop - start

    def _axis(self, times: Timestamps) -> int:
        """The number of a time axis; equal ones are stored once. Regular ones take no bytes: place is the step."""
        data = np.ascontiguousarray(times).tobytes()
        key = hashlib.blake2b(data, digest_size=16).digest()
        known = self._axes.get(key)
        if known is not None:
            return known
        number = self._axes[key] = len(self._axis_rows)
        steps = np.diff(times)
        first, last, count = int(times[0]), int(times[-1]), len(times)
        if count == 1 or (steps == steps[0]).all():
            self._axis_rows.append((first, last, count, int(steps[0]) if count > 1 else 0, 0, 0))
        else:
            blob = encode_times(times)
            self._axis_rows.append((first, last, count, self._write(blob), len(blob), isal_zlib.crc32(blob)))
        return number

    def _write(self, blob: bytes) -> int:
        place = self._size
        self._file.write(blob)
        self._size += len(blob)
        return place

    def _store(self, sids: Rows, axes: NDArray[np.int64], kinds: NDArray[np.uint8], blobs: list[bytes]) -> None:
        constant = kinds == CONSTANT
        sizes = np.where(constant, 0, np.array([len(blob) for blob in blobs], np.int64))
        places = (self._size + np.cumsum(sizes) - sizes).astype(np.uint64)
        if constant.any():
            numbers = np.flatnonzero(constant)
            places[numbers] = np.frombuffer(b"".join([blobs[number] for number in numbers.tolist()]), np.uint64)
        packed = [blob for blob, plain in zip(blobs, constant.tolist(), strict=True) if not plain]
        self._write(b"".join(packed))
        crc = isal_zlib.crc32
        crcs = [0 if plain else crc(blob) for blob, plain in zip(blobs, constant.tolist(), strict=True)]
        table = self._table
        table.series.append(sids)
        table.axis.append(axes)
        table.place.append(places)
        table.size.append(sizes)
        table.crc.append(np.array(crcs, np.int64))
        table.kind.append(kinds)
        table.column.append(np.full(len(kinds), self._column, np.uint8))

    def abort(self) -> None:
        """Leave nothing behind."""
        self._file.close()
        shutil.rmtree(self._temporary, ignore_errors=True)

    def finish(self, table: SeriesTable) -> Path | None:
        """Write index and meta, make it durable and give it its name. None when no sample came."""
        if not self._table.series:
            self.abort()
            return None
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._write_index(table)
        (self._temporary / "meta.json").write_bytes(self.meta.to_json())
        for name in ("meta.json",):
            handle = os.open(self._temporary / name, os.O_RDONLY)
            os.fsync(handle)
            os.close(handle)
        sync_folder(self._temporary)
        final = self.folder / self.meta.ulid
        self._temporary.rename(final)
        sync_folder(self.folder)
        return final

    def _write_index(self, table: SeriesTable) -> None:
        series = np.concatenate(self._table.series)
        axis = np.concatenate(self._table.axis)
        axes = np.array(self._axis_rows, np.int64).reshape(-1, 6)
        order = np.lexsort((axes[axis, 0], series))
        sids, counts = np.unique(series, return_counts=True)
        sections = series_sections(table, sids)
        sections |= {
            "chunk_offsets": np.r_[0, np.cumsum(counts)].astype("<i8"),
            "chunk_axis": axis[order].astype("<i4"),
            "chunk_place": np.concatenate(self._table.place)[order].astype("<u8"),
            "chunk_size": np.concatenate(self._table.size)[order].astype("<u4"),
            "chunk_crc": np.concatenate(self._table.crc)[order].astype("<u4"),
            "chunk_kind": np.concatenate(self._table.kind)[order],
            "chunk_column": np.concatenate(self._table.column)[order],
            "axis_first": axes[:, 0].astype("<i8"),
            "axis_last": axes[:, 1].astype("<i8"),
            "axis_count": axes[:, 2].astype("<i4"),
            "axis_place": axes[:, 3].astype("<i8"),
            "axis_size": axes[:, 4].astype("<u4"),
            "axis_crc": axes[:, 5].astype("<u4"),
        }
        write_sections(self._temporary / "index", sections)
        self.meta.num_series, self.meta.num_samples, self.meta.num_chunks = len(sids), self._samples, len(series)


def series_sections(table: SeriesTable, sids: Rows) -> dict[str, NDArray[Any]]:
    """Labels of series and their postings as arrays; texts are sorted, so that one is found by bisection."""
    keysets, codes = table.raw(sids)
    used_sets, keyset_index = np.unique(keysets, return_inverse=True)
    groups = [table.keyset_names(keyset) for keyset in used_sets.tolist()]
    used_codes, code_index = np.unique(codes, return_inverse=True)
    values = [table.symbols.text(code) for code in used_codes.tolist()]
    texts = sorted({"", *values, *(name for group in groups for name in group)}, key=str.encode)
    number = {text: place for place, text in enumerate(texts)}
    encoded = [text.encode() for text in texts]
    own_codes = np.array([number[text] for text in values], np.int32)[code_index]
    sizes = np.array([len(group) for group in groups], np.int32)
    lengths = sizes[keyset_index].astype(np.int64)
    starts = np.cumsum(lengths) - lengths
    return {
        "text_offsets": np.r_[0, np.cumsum([len(text) for text in encoded])].astype("<i8"),
        "texts": np.frombuffer(b"".join(encoded), np.uint8),
        "keyset_sizes": sizes.astype("<i4"),
        "keyset_names": np.array([number[name] for group in groups for name in group], "<i4"),
        "series_keyset": keyset_index.astype("<i4"),
        "series_start": starts.astype("<i8"),
        "series_codes": own_codes.astype("<i4"),
    } | _postings(groups, number, keyset_index, starts, own_codes)


def _postings(
    groups: list[tuple[str, ...]],
    number: dict[str, int],
    keysets: NDArray[np.int64],
    starts: NDArray[np.int64],
    codes: NDArray[np.int32],
) -> dict[str, NDArray[Any]]:
    names = sorted({name for group in groups for name in group})
    values, offsets, members, bounds = [], [], [], [0]
    total = 0
    for name in names:
        rows, own = [], []
        for keyset, group in enumerate(groups):
            if name in group:
                mine = np.flatnonzero(keysets == keyset)
                rows.append(mine)
                own.append(codes[starts[mine] + group.index(name)])
        row, code = np.concatenate(rows), np.concatenate(own)
        order = np.lexsort((row, code))
        row, code = row[order], code[order]
        first = np.flatnonzero(np.r_[True, code[1:] != code[:-1]])
        values.append(code[first])
        offsets.append(np.r_[first, len(code)] + total)
        members.append(row)
        bounds.append(bounds[-1] + len(first))
        total += len(code)
    empty = [np.empty(0, np.int64)]
    return {
        "posting_names": np.array([number[name] for name in names], "<i4"),
        "posting_bounds": np.array(bounds, "<i8"),
        "posting_values": np.concatenate(values or empty).astype("<i4"),
        "posting_offsets": np.concatenate(offsets or empty).astype("<i8"),
        "posting_members": np.concatenate(members or empty).astype("<i4"),
    }
