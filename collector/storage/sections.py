"""Named arrays in one file, mapped for reading: how the index of a block is stored.

    "PHIDX1\\0\\0" | u32 CRC-32 of the directory | u32 size of the directory | directory (JSON) | padding | arrays, each at a multiple of 8

The directory is a list of `[name, dtype, offset, count, CRC-32]`.
"""

import mmap
import os
import struct
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
from isal import isal_zlib
from numpy.typing import NDArray

MAGIC: Final = b"PHIDX1\0\0"
_HEAD: Final = struct.Struct("<8sII")


class CorruptFileError(Exception):
    """A file does not hold what was written; `folder` is the block it belongs to."""

    def __init__(self, message: str, folder: Path | None = None) -> None:
        super().__init__(message)
        self.folder = folder


def write_sections(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    """Write arrays under their names and fsync the file."""
    entries, offset = [], 0
    for name, array in arrays.items():
        crc = isal_zlib.crc32(np.ascontiguousarray(array).view(np.uint8).data) if array.size else 0
        entries.append([name, array.dtype.str, offset, len(array), crc])
        offset += array.nbytes + -array.nbytes % 8
    directory = orjson.dumps(entries)
    start = _HEAD.size + len(directory)
    with path.open("wb") as file:
        file.write(_HEAD.pack(MAGIC, isal_zlib.crc32(directory), len(directory)) + directory + b"\0" * (-start % 8))
        for array in arrays.values():
            file.write(np.ascontiguousarray(array).data)
            file.write(b"\0" * (-array.nbytes % 8))
        file.flush()
        os.fsync(file.fileno())


def read_sections(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of a file, mapped and verified. Raises `CorruptFileError`."""
    with path.open("rb") as file:
        if path.stat().st_size < _HEAD.size:
            raise CorruptFileError(f"{path} is cut short", path.parent)
        view = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    magic, crc, size = _HEAD.unpack_from(view)
    directory = view[_HEAD.size : _HEAD.size + size]
    if magic != MAGIC or isal_zlib.crc32(directory) != crc:
        raise CorruptFileError(f"{path} has no valid directory", path.parent)
    start = _HEAD.size + size
    start += -start % 8
    out: dict[str, NDArray[Any]] = {}
    for name, dtype, offset, count, expected in orjson.loads(directory):
        if start + offset + count * np.dtype(dtype).itemsize > len(view):
            raise CorruptFileError(f"{path} is cut short", path.parent)
        array = np.frombuffer(view, dtype, count, start + offset)
        if count and isal_zlib.crc32(array.view(np.uint8).data) != expected:
            raise CorruptFileError(f"{path}: section {name} does not verify", path.parent)
        out[name] = array
    return out
