"""Reads a block. Everything is mapped; nothing of a block is in memory but what a query touched."""

import logging
import mmap
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from isal import isal_zlib
from numpy.typing import NDArray

from collector.storage.blockwriter import CHUNKS_MAGIC, BlockMeta
from collector.storage.chunks import CONSTANT, HISTOGRAMS, decode_into, decode_times
from collector.storage.columns import ranges
from collector.storage.histogramchunks import decode_histograms
from collector.storage.interface import ABSENT_NAN, Rows, Timestamps, Values
from collector.storage.options import BlockInfo
from collector.storage.postings import NamePostings
from collector.storage.sections import CorruptFileError, read_sections
from collector.storage.series import SeriesTable
from collector.storage.symbols import Symbols
from collector.storage.tombstones import read_tombstones, write_tombstones

logger = logging.getLogger(__name__)


class BlockSymbols(Symbols):
    """The texts of a block, read when they are asked for; sorted by their UTF-8 bytes, so that finding one is bisection."""

    __slots__ = ("_bytes", "_offsets")

    def __init__(self, offsets: NDArray[Any], texts: NDArray[Any]) -> None:
        super().__init__()
        self._offsets = offsets
        self._bytes = texts.data

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def intern(self, text: str) -> int:
        raise TypeError("the texts of a block do not change")

    def find(self, text: str) -> int | None:
        wanted, low, high = text.encode(), 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self._raw(middle) < wanted:
                low = middle + 1
            else:
                high = middle
        return low if low < len(self) and self._raw(low) == wanted else None

    def text(self, number: int) -> str:
        return self._raw(number).decode()

    def texts(self, numbers: Sequence[int]) -> list[str]:
        wanted = np.array(numbers, np.int64)
        begins, ends = self._offsets[wanted].tolist(), self._offsets[wanted + 1].tolist()
        data = self._bytes
        return [str(data[begin:end], "utf-8") for begin, end in zip(begins, ends, strict=True)]

    def _raw(self, number: int) -> bytes:
        return bytes(self._bytes[int(self._offsets[number]) : int(self._offsets[number + 1])])


class Block:
    """One block on disk, open for reading."""

    def __init__(self, folder: Path) -> None:
        """Open and verify the index. Raises `CorruptFileError` or `OSError`."""
        self.folder = folder
        self.meta = read_meta(folder)
        self._index = read_sections(folder / "index")
        with (folder / "chunks").open("rb") as file:
            self._chunks = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        if self._chunks[: len(CHUNKS_MAGIC)] != CHUNKS_MAGIC:
            raise CorruptFileError(f"{folder / 'chunks'} does not begin as it must", folder)
        self.series = _series(self._index)
        self.tombstones = read_tombstones(folder)  # by the block's own series numbers
        self._sids: NDArray[np.int32] = np.full(len(self.series), -1, np.int32)
        self.size_bytes = sum(path.stat().st_size for path in folder.iterdir())

    @property
    def min_time(self) -> int:
        return self.meta.min_time

    @property
    def max_time(self) -> int:
        return self.meta.max_time

    def info(self) -> BlockInfo:
        meta = self.meta
        return BlockInfo(
            meta.ulid,
            meta.min_time,
            meta.max_time,
            meta.num_samples,
            meta.num_series,
            meta.num_chunks,
            self.size_bytes,
            meta.level,
            meta.sources,
            meta.resolution_ms,
        )

    def overlaps(self, min_ms: int, max_ms: int) -> bool:
        last = self.meta.max_time - (0 if self.meta.resolution_ms else 1)  # windows lie in (min, max]
        return self.meta.min_time <= max_ms and last >= min_ms

    def inside(self, min_ms: int, max_ms: int) -> bool:
        """Whether all its samples are in a time range."""
        return min_ms <= self.meta.min_time and max_ms >= self.meta.max_time - 1

    def in_range(self, rows: Rows, min_ms: int, max_ms: int) -> Rows:
        """Of these series those with a chunk that reaches into the time range."""
        if self.inside(min_ms, max_ms):
            return rows
        offsets = self._index["chunk_offsets"]
        counts = offsets[rows + 1] - offsets[rows]
        axis = self._index["chunk_axis"][ranges(offsets[rows], counts)]
        hit = (self._index["axis_first"][axis] <= max_ms) & (self._index["axis_last"][axis] >= min_ms)
        starts = np.cumsum(counts) - counts
        return rows[np.logical_or.reduceat(hit, starts)] if len(rows) else rows

    def sids(self, rows: Rows, table: SeriesTable) -> Rows:
        """The numbers that the catalogue has for series of this block."""
        known = self._sids[rows]
        if (known < 0).any():
            missing = rows[known < 0]
            self._sids[missing] = _translate(self.series, missing, table)
            known = self._sids[rows]
        return known.astype(np.int64)

    def enter_into(self, table: SeriesTable) -> Rows:
        """The numbers of all series of this block in a table that is not the catalogue."""
        return _translate(self.series, np.arange(len(self.series)), table)

    def forget_sids(self, gone: NDArray[np.bool_]) -> None:
        """The catalogue's numbers that are given up (by number)."""
        known = self._sids
        known[gone[known] & (known >= 0)] = -1

    def batch(self, rows: Rows, sids: Rows, min_ms: int, max_ms: int, column: int = 0) -> "BlockBatch":
        """The samples of some series in a time range, or one column of aggregates. Raises `CorruptFileError`."""
        index = self._index
        offsets = index["chunk_offsets"]
        counts = offsets[rows + 1] - offsets[rows]
        chunk = ranges(offsets[rows], counts)
        owner = np.repeat(sids, counts)
        axis = index["chunk_axis"][chunk]
        keep = (index["axis_first"][axis] <= max_ms) & (index["axis_last"][axis] >= min_ms)
        if self.meta.resolution_ms:
            keep &= index["chunk_column"][chunk] == column
        deleted = np.repeat(self.tombstones.holds(rows), counts) if len(self.tombstones) else None
        marked = None if deleted is None else np.where(deleted, np.repeat(rows, counts), -1)[keep]
        return BlockBatch(self, chunk[keep], owner[keep], axis[keep], marked, min_ms, max_ms)

    def times(self, axis: int) -> Timestamps:
        """The times of one axis. Raises `CorruptFileError`."""
        index = self._index
        first, count, size = (
            int(index["axis_first"][axis]),
            int(index["axis_count"][axis]),
            int(index["axis_size"][axis]),
        )
        place = int(index["axis_place"][axis])
        if size == 0:
            return first + place * np.arange(count, dtype=np.int64)
        return decode_times(self.blob(place, size, int(index["axis_crc"][axis])), count)

    def blob(self, place: int, size: int, crc: int) -> bytes:
        blob = self._chunks[place : place + size]
        if len(blob) != size or isal_zlib.crc32(blob) != crc:
            raise CorruptFileError(
                f"block {self.meta.ulid}: {size} bytes at {place} of chunks do not verify", self.folder
            )
        return blob

    def column(self, name: str) -> NDArray[Any]:
        return self._index[name]

    def delete_samples(self, rows: Rows, min_ms: int, max_ms: int) -> None:
        """Hide samples of some series for good; the disk is freed when the block is rewritten."""
        if len(rows):
            self.tombstones.add(rows, max(min_ms, self.meta.min_time), min(max_ms, self.meta.max_time))
            write_tombstones(self.folder, self.tombstones)

    def delete(self) -> None:
        """Remove the folder; maps that are open stay valid."""
        doomed = self.folder.with_suffix(".tmp-for-deletion")
        self.folder.rename(doomed)
        shutil.rmtree(doomed)


class BlockBatch:
    """Chunks of a block as pieces for `assemble`."""

    def __init__(
        self,
        block: Block,
        chunk: NDArray[np.int64],
        sids: Rows,
        axis: NDArray[Any],
        deleted: NDArray[np.int64] | None,
        min_ms: int,
        max_ms: int,
    ) -> None:
        """deleted: the block's number of each chunk's series when something of it was deleted, else -1; None: nothing was."""
        used, own_axis = np.unique(axis, return_inverse=True)
        low, count, parts = [], [], []
        for number in used.tolist():
            times = block.times(number)
            begin, end = int(times.searchsorted(min_ms)), int(times.searchsorted(max_ms, "right"))
            low.append(begin)
            count.append(end - begin)
            parts.append(times[begin:end])
        lengths = np.array(count, np.int64)
        keep = lengths[own_axis] > 0 if len(used) else np.zeros(0, bool)
        number = np.cumsum(lengths > 0) - 1
        self.sids: Rows = sids[keep]
        self.axis: NDArray[np.int64] = number[own_axis[keep]] if len(used) else np.empty(0, np.int64)
        self.times: Timestamps = np.concatenate(parts) if parts else np.empty(0, np.int64)
        self.lengths: NDArray[np.int64] = lengths[lengths > 0]
        self.starts: NDArray[np.int64] = np.cumsum(self.lengths) - self.lengths
        self._block = block
        self._chunk = chunk[keep]
        self._deleted = None if deleted is None else deleted[keep]
        self._low = np.array(low, np.int64)[own_axis[keep]] if len(used) else np.empty(0, np.int64)
        self._full = block.column("axis_count")[axis[keep]].astype(np.int64)
        self._kind = block.column("chunk_kind")[self._chunk]
        self.absent = self._deleted is not None and bool((self._deleted >= 0).any())
        self.histograms = bool((self._kind == HISTOGRAMS).any())

    def fill(self, destination: NDArray[np.int64], out: Values, objects: NDArray[np.object_] | None) -> None:
        sizes = self.lengths[self.axis]
        place = self._block.column("chunk_place")[self._chunk]
        constant = self._kind == CONSTANT
        if constant.any():
            values = np.ascontiguousarray(place[constant]).view(np.float64)
            out[ranges(destination[constant], sizes[constant])] = np.repeat(values, sizes[constant])
        rest = np.flatnonzero(~constant)
        columns = (
            self._kind[rest],
            place[rest].astype(np.int64),
            self._block.column("chunk_size")[self._chunk[rest]],
            self._block.column("chunk_crc")[self._chunk[rest]],
            destination[rest],
            self._low[rest],
            sizes[rest],
            self._full[rest],
        )
        blob = self._block.blob
        for kind, where, size, crc, target, low, count, full in zip(*(part.tolist() for part in columns), strict=True):
            data = blob(where, size, crc)
            if kind == HISTOGRAMS:
                assert objects is not None
                objects[target : target + count] = decode_histograms(data)[low : low + count]
                out[target : target + count] = [value.sum for value in objects[target : target + count]]
            elif count == full:
                decode_into(kind, data, out[target : target + count])
            else:
                scratch = np.empty(full)
                decode_into(kind, data, scratch)
                out[target : target + count] = scratch[low : low + count]
        if self._deleted is not None:
            self._blank(self._deleted, destination, out)

    def _blank(self, deleted: NDArray[np.int64], destination: NDArray[np.int64], out: Values) -> None:
        for piece in np.flatnonzero(deleted >= 0).tolist():
            start, length = int(self.starts[self.axis[piece]]), int(self.lengths[self.axis[piece]])
            mine = out[destination[piece] : destination[piece] + length]
            mine[self._block.tombstones.mask(int(deleted[piece]), self.times[start : start + length])] = ABSENT_NAN


def read_meta(folder: Path) -> BlockMeta:
    """Raises `CorruptFileError` when meta.json is not ours or not whole."""
    try:
        content: dict[str, Any] = orjson.loads((folder / "meta.json").read_bytes())
        known: dict[str, Any] = {name: content[name] for name in BlockMeta.__slots__}
        for name in ("sources", "parents"):
            known[name] = tuple(known[name])
        return BlockMeta(**known)
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise CorruptFileError(f"{folder / 'meta.json'} cannot be read: {error}", folder) from error


def _series(index: dict[str, NDArray[Any]]) -> SeriesTable:
    symbols = BlockSymbols(index["text_offsets"], index["texts"])
    ends = np.cumsum(index["keyset_sizes"]).tolist()
    names = [symbols.text(number) for number in index["keyset_names"].tolist()]
    keysets = [tuple(names[begin:end]) for begin, end in zip([0, *ends], ends, strict=False)]
    postings = {}
    bounds = index["posting_bounds"].tolist()
    for place, number in enumerate(index["posting_names"].tolist()):
        low, high = bounds[place], bounds[place + 1]
        offsets = index["posting_offsets"][low + place : high + place + 1]
        postings[symbols.text(number)] = NamePostings.frozen(
            index["posting_values"][low:high], offsets, index["posting_members"]
        )
    return SeriesTable.frozen(
        symbols, keysets, index["series_keyset"], index["series_start"], index["series_codes"], postings
    )


def _translate(own: SeriesTable, rows: Rows, table: SeriesTable) -> Rows:
    """A table's numbers of a block's series, entered there when they are new to it."""
    keysets, codes = own.raw(rows)
    used_sets, keyset_index = np.unique(keysets, return_inverse=True)
    sets = np.array([table.keyset(own.keyset_names(keyset)) for keyset in used_sets.tolist()], np.int32)
    used_codes, code_index = np.unique(codes, return_inverse=True)
    texts = np.array(table.intern_all([own.symbols.text(code) for code in used_codes.tolist()]), np.int32)
    return table.resolve_codes(sets[keyset_index], texts[code_index])
