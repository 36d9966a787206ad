"""Reads the blocks of a Prometheus data folder: index format 2, chunk segments, tombstones.

Source: tsdb/docs/format/{index,chunks,tombstones}.md of Prometheus. Numbers are big endian; a reference to a chunk is segment << 32 | offset.
"""

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray

from collector.storage.sections import CorruptFileError
from pharos.labels import LabelSet

_INDEX_MAGIC: Final = 0xBAAAD700
_CHUNKS_MAGIC: Final = 0x85BD40DD
_TOMBSTONES_MAGIC: Final = 0x0130BA30
ENCODING_XOR: Final = 1


@dataclass(frozen=True, slots=True)
class SourceSeries:
    """One series of a block: labels and where its chunks are."""

    reference: int
    labels: LabelSet
    chunks: tuple[int, ...]


class SourceBlock:
    """One block folder of Prometheus."""

    def __init__(self, folder: Path) -> None:
        """Raises `CorruptFileError` when it is not one."""
        self.folder = folder
        meta = orjson.loads((folder / "meta.json").read_bytes())
        self.min_time, self.max_time = int(meta["minTime"]), int(meta["maxTime"])
        self.num_samples = int(meta.get("stats", {}).get("numSamples", 0))
        self.num_series = int(meta.get("stats", {}).get("numSeries", 0))
        self._index = _mapped(folder / "index")
        magic, version = struct.unpack_from(">IB", self._index)
        if magic != _INDEX_MAGIC or version != 2:
            raise CorruptFileError(f"{folder}/index is not an index of format 2", folder)
        self._segments = [_segment(path) for path in sorted((folder / "chunks").iterdir())]
        toc = struct.unpack_from(">6Q", self._index, len(self._index) - 52)
        self._symbols = self._read_symbols(toc[0])
        self._references = self._all_series(toc[5])
        self.deletions = _tombstones(folder / "tombstones")

    def _read_symbols(self, offset: int) -> list[str]:
        _, count = struct.unpack_from(">II", self._index, offset)
        out, position = [], offset + 8
        for _ in range(count):
            size, position = _uvarint(self._index, position)
            out.append(self._index[position : position + size].decode())
            position += size
        return out

    def _all_series(self, table: int) -> NDArray[Any]:
        """References of all series, out of the postings of the empty name and value."""
        _, count = struct.unpack_from(">II", self._index, table)
        position = table + 8
        for _ in range(count):
            keys, position = _uvarint(self._index, position)
            names = []
            for _ in range(keys):
                size, position = _uvarint(self._index, position)
                names.append(self._index[position : position + size])
                position += size
            offset, position = _uvarint(self._index, position)
            if names == [b"", b""]:
                (members,) = struct.unpack_from(">I", self._index, offset + 4)
                return np.frombuffer(self._index, ">u4", members, offset + 8)
        raise CorruptFileError(f"{self.folder}/index lists no series", self.folder)

    def series(self) -> Iterator[SourceSeries]:
        """All series, in the order of their labels."""
        for reference in self._references.tolist():
            _, position = _uvarint(self._index, reference * 16)
            labels, position = self._labels(position)
            yield SourceSeries(reference, labels, self._chunks(position))

    def _labels(self, position: int) -> tuple[LabelSet, int]:
        count, position = _uvarint(self._index, position)
        pairs = []
        for _ in range(count):
            name, position = _uvarint(self._index, position)
            value, position = _uvarint(self._index, position)
            pairs.append((self._symbols[name], self._symbols[value]))
        return tuple(pairs), position

    def _chunks(self, position: int) -> tuple[int, ...]:
        count, position = _uvarint(self._index, position)
        out: list[int] = []
        for number in range(count):
            _, position = _uvarint(self._index, position)  # times: the samples themselves tell
            _, position = _uvarint(self._index, position)
            value, position = _uvarint(self._index, position)
            out.append(value if number == 0 else out[-1] + (value >> 1 ^ -(value & 1)))
        return tuple(out)

    def chunk(self, reference: int) -> tuple[int, bytes]:
        """(encoding, data) of a chunk."""
        segment, offset = self._segments[reference >> 32], reference & 0xFFFFFFFF
        size, position = _uvarint(segment, offset)
        return segment[position], segment[position + 1 : position + 1 + size]


def _mapped(path: Path) -> mmap.mmap:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _segment(path: Path) -> mmap.mmap:
    data = _mapped(path)
    if struct.unpack_from(">I", data)[0] != _CHUNKS_MAGIC:
        raise CorruptFileError(f"{path} is not a chunk segment", path.parent.parent)
    return data


def _uvarint(data: Any, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7


def _tombstones(path: Path) -> dict[int, list[tuple[int, int]]]:
    """Deleted intervals by series reference."""
    out: dict[int, list[tuple[int, int]]] = {}
    if not path.exists():
        return out
    data = path.read_bytes()
    if struct.unpack_from(">I", data)[0] != _TOMBSTONES_MAGIC:
        raise CorruptFileError(f"{path} is not a file of tombstones", path.parent)
    position = 5
    while position < len(data) - 4:
        reference, position = _uvarint(data, position)
        low, position = _uvarint(data, position)
        high, position = _uvarint(data, position)
        out.setdefault(reference, []).append((low >> 1 ^ -(low & 1), high >> 1 ^ -(high & 1)))
    return out
