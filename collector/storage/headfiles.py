"""Sealed rows on disk: one file per block window, appended to, mapped for reading, deleted once the window is a block.

`<path>/head/<start of the window in ms>.frames` begins with 8 bytes of magic; then records, each at a multiple of 8:

    series   "PHS1" | u32 CRC-32 of all that follows | u32 size | u32 bytes of payload | payload as in the log's SERIES | padding
    layout   "PHL1" | u32 CRC-32 | u32 size | u32 layout | u32 0 | u32 columns before | sids i32[...] | padding
    frame    "PHF1", see frames.py

A file stands alone: series and layouts are written before the first frame that needs them.
"""

import logging
import mmap
import os
import re
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from collector.storage import frames, records
from collector.storage.columns import Column
from collector.storage.interface import Rows
from collector.storage.layout import Layout, Slab
from collector.storage.series import SeriesTable
from collector.storage.wal import sync_folder

logger = logging.getLogger(__name__)

FILE_MAGIC: Final = b"PHEAD\x01\0\0"
_SERIES: Final = b"PHS1"
_LAYOUT: Final = b"PHL1"
_HEAD: Final = struct.Struct("<4sIII")
_NAME = re.compile(r"(-?\d+)\.frames")


@dataclass(slots=True)
class HeadFile:
    """One window's file."""

    path: Path
    window: int
    number: int
    handle: int
    size: int
    known: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))
    layouts: dict[int, int] = field(default_factory=dict)  # layout -> columns written
    mapped: NDArray[np.uint8] = field(default_factory=lambda: np.empty(0, np.uint8))
    pages: mmap.mmap | None = None  # behind `mapped`
    dirty: bool = False

    def bytes(self) -> NDArray[np.uint8]:
        """All the bytes written so far, mapped."""
        if len(self.mapped) < self.size:
            self.pages = mmap.mmap(self.handle, self.size, access=mmap.ACCESS_READ)
            self.mapped = np.frombuffer(self.pages, np.uint8)
        return self.mapped

    def let_go(self) -> None:
        """Pages that queries have read count as ours no longer; the system still has them, and whoever looks again gets them back."""
        if self.pages is not None:
            self.pages.madvise(mmap.MADV_DONTNEED)


class HeadFiles:
    """All head files and the table of their frames. One thread writes (`seal`), any thread reads."""

    def __init__(self, folder: Path, table: SeriesTable) -> None:
        self.folder = folder
        self._table = table
        self._files: dict[int, HeadFile] = {}  # by window
        self._by_number: dict[int, HeadFile] = {}
        self._next_file = 0
        self._lock = threading.RLock()
        self.file: Column[Any] = Column(np.int32)
        self.position: Column[Any] = Column(np.int64)
        self.rows: Column[Any] = Column(np.int32)
        self.first: Column[Any] = Column(np.int64)
        self.last: Column[Any] = Column(np.int64)
        self.samples = 0
        self._free: list[int] = []  # entries of the frame table to use again
        self._resting: list[int] = []  # freed with the last window: a reader may still look at them

    def windows(self) -> list[int]:
        return sorted(self._files)

    def file_numbered(self, number: int) -> HeadFile | None:
        return self._by_number.get(number)

    def known(self) -> list[NDArray[np.bool_]]:
        """For each file: which series it mentions, by number."""
        return [file.known for file in list(self._files.values())]

    @property
    def size_bytes(self) -> int:
        return sum(file.size for file in list(self._files.values()))

    def seal(self, layout: Layout, slab: Slab, window: int) -> None:
        """Write a slab as a frame and publish it; the slab can go afterwards."""
        with self._lock:
            file = self._files.get(window) or self._create(window)
            width = slab.values.shape[1]
            parts = self._definitions(file, layout, width)
            frame = frames.encode_frame(layout.number, slab.times[: slab.count], slab.values[: slab.count])
            position = file.size + sum(map(len, parts))
            self._append(file, b"".join((*parts, frame)))
            sids: NDArray[Any] = layout.sids.view()[:width]
            if parts:
                file.known = _with(file.known, sids)
                file.layouts[layout.number] = width
            self._publish(file, layout, position, slab.count, int(slab.times[0]), slab.last_time)
            self.samples += slab.count * width

    def _definitions(self, file: HeadFile, layout: Layout, width: int) -> list[bytes]:
        written = file.layouts.get(layout.number, 0)
        if written >= width:
            return []
        sids = layout.sids.view()[written:width].astype(np.int64)
        known = np.zeros(len(sids), bool)
        inside = sids < len(file.known)
        known[inside] = file.known[sids[inside]]
        parts = []
        fresh = np.unique(sids[~known])
        if len(fresh):
            payload = records.encode_series(self._table, fresh)
            parts.append(_record(_SERIES, struct.pack("<I", len(payload)) + payload))
        body = struct.pack("<III", layout.number, 0, written) + sids.astype("<i4").tobytes()
        parts.append(_record(_LAYOUT, struct.pack("<I", len(body)) + body))
        return parts

    def _append(self, file: HeadFile, data: bytes) -> None:
        rest, size = memoryview(data), file.size
        try:
            while rest:
                done = os.pwrite(file.handle, rest, size)
                size += done
                rest = rest[done:]
        except OSError:
            os.ftruncate(file.handle, file.size)
            raise
        file.size = size
        file.dirty = True

    def _publish(self, file: HeadFile, layout: Layout, position: int, rows: int, first: int, last: int) -> None:
        if self._free:
            frame = self._free.pop()
        else:
            frame = len(self.position)
            for column in (self.rows, self.first, self.last, self.position, self.file):
                column.append(0)
        self.rows.view()[frame] = rows
        self.first.view()[frame] = first
        self.last.view()[frame] = last
        self.position.view()[frame] = position
        self.file.view()[frame] = file.number
        layout.frames.append(frame)
        layout.sealed_until = max(layout.sealed_until, last)

    def _create(self, window: int) -> HeadFile:
        path = self.folder / f"{window}.frames"
        handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o644)
        try:
            os.ftruncate(handle, 0)
            os.pwrite(handle, FILE_MAGIC, 0)
        except OSError:
            os.close(handle)
            raise
        return self._enter(path, window, handle, len(FILE_MAGIC))

    def _enter(self, path: Path, window: int, handle: int, size: int) -> HeadFile:
        file = HeadFile(path, window, self._next_file, handle, size)
        self._next_file += 1
        self._files[window] = self._by_number[file.number] = file
        return file

    def let_go(self) -> None:
        """See `HeadFile.let_go`."""
        for file in list(self._files.values()):
            file.let_go()

    def sync(self) -> None:
        """Make everything sealed so far durable."""
        with self._lock:
            dirty = [file for file in self._files.values() if file.dirty]
            for file in dirty:
                os.fdatasync(file.handle)
                file.dirty = False
            if dirty:
                sync_folder(self.folder)

    def drop(self, window: int) -> None:
        """Delete a window's file; its frames must not be reachable from any layout any more. Open maps stay valid for their readers."""
        with self._lock:
            file = self._files.pop(window, None)
            if file is not None:
                del self._by_number[file.number]
                os.close(file.handle)
                file.path.unlink()
                self._free, self._resting = self._free + self._resting, []
                self._resting = np.flatnonzero(self.file.view() == file.number).tolist()
                self.file.view()[self._resting] = -1

    def close(self) -> None:
        with self._lock:
            self.sync()
            self.abandon()

    def abandon(self) -> None:
        for file in self._files.values():
            os.close(file.handle)
        self._files = {}
        self._by_number = {}

    # -- start ---------------------------------------------------------------------------------------------------------

    def load(self, layouts: "LayoutBook") -> None:
        """Read all files of the folder; whatever does not verify is cut off or left out, and said so."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(self.folder.iterdir()):
            match = _NAME.fullmatch(path.name)
            if match:
                self._load_file(path, int(match[1]), layouts)

    def _load_file(self, path: Path, window: int, layouts: "LayoutBook") -> None:
        handle = os.open(path, os.O_RDWR)
        size = os.fstat(handle).st_size
        file = self._enter(path, window, handle, size)
        if size < len(FILE_MAGIC):
            os.pwrite(handle, FILE_MAGIC, 0)
            file.size = len(FILE_MAGIC)
            return
        data = file.bytes().data
        content = list(self._records(file, data))
        series = [_payload(data, position) for magic, position in content if magic == _SERIES]
        file.known = _with(file.known, records.decode_series(series, self._table))
        for magic, position in content:
            if magic == _LAYOUT:
                _restore(file, _payload(data, position), layouts)
            elif magic == frames.MAGIC:
                self._restore_frame(file, data, position, layouts)

    def _records(self, file: HeadFile, data: memoryview) -> Iterator[tuple[bytes, int]]:
        """What verifies: magic and position. A torn end is cut off."""
        position, size = len(FILE_MAGIC), file.size
        while position < size:
            length = frames.verify_frame(data, position) or _verify(data, position, (_SERIES, _LAYOUT))
            if length:
                yield bytes(data[position : position + 4]), position
                position += length
                continue
            following = _resync(data, position + 8)
            logger.warning(
                "Head file is torn at the end, cut" if following == size else "Corrupt part of a head file left out",
                extra={"file": str(file.path), "offset": position, "bytes": following - position},
            )
            if following == size:
                os.ftruncate(file.handle, position)
                file.size = position
            position = following

    def _restore_frame(self, file: HeadFile, data: memoryview, position: int, layouts: "LayoutBook") -> None:
        _, _, _, number, rows, _, columns, first, last = frames.HEADER.unpack_from(data, position)
        layout = layouts.find(number)
        if layout is None or file.layouts.get(number, 0) < columns:
            logger.warning("Head frame without its layout left out", extra={"file": str(file.path)})
        elif last > layout.sealed_until:
            self._publish(file, layout, position, rows, first, last)


def _restore(file: HeadFile, payload: memoryview, layouts: "LayoutBook") -> None:
    number, _, before = struct.unpack_from("<III", payload)
    sids = np.frombuffer(payload, "<i4", -1, 12).astype(np.int64)
    known = bool((sids < len(file.known)).all()) and bool(file.known[sids].all())
    if known and file.layouts.get(number, 0) == before and layouts.restore(number, before, sids):
        file.layouts[number] = before + len(sids)


class LayoutBook:
    """What `load` needs of the head: layouts by number."""

    def find(self, number: int) -> Layout | None:
        raise NotImplementedError

    def restore(self, number: int, before: int, sids: Rows) -> bool:
        """The columns of a layout from `before` on; False when they contradict what is known."""
        raise NotImplementedError


def _record(magic: bytes, body: bytes) -> bytes:
    size = 12 + len(body)
    padding = -size % 8
    rest = struct.pack("<I", size + padding) + body + b"\0" * padding
    return magic + struct.pack("<I", isal_zlib.crc32(rest)) + rest


def _payload(data: memoryview, position: int) -> memoryview:
    """Of a series or layout record."""
    (length,) = struct.unpack_from("<I", data, position + 12)
    return data[position + 16 : position + 16 + length]


def _verify(data: memoryview, position: int, magics: tuple[bytes, ...]) -> int:
    if position + _HEAD.size > len(data):
        return 0
    magic, crc, size, _ = _HEAD.unpack_from(data, position)
    if magic not in magics or size < _HEAD.size or position + size > len(data):
        return 0
    return int(size) if isal_zlib.crc32(data[position + 8 : position + size]) == crc else 0


def _resync(data: memoryview, position: int) -> int:
    """Where the next record that verifies begins, or the end."""
    words = np.frombuffer(data[: len(data) // 8 * 8], "<u4")[::2]
    magics = [int.from_bytes(magic, "little") for magic in (frames.MAGIC, _SERIES, _LAYOUT)]
    for place in (np.flatnonzero(np.isin(words[position // 8 :], magics)) * 8 + position).tolist():
        if frames.verify_frame(data, place) or _verify(data, place, (_SERIES, _LAYOUT)):
            return int(place)
    return len(data)


def _with(known: NDArray[np.bool_], sids: NDArray[Any]) -> NDArray[np.bool_]:
    top = int(sids.max(initial=-1)) + 1
    if top > len(known):
        known = np.concatenate([known, np.zeros(top + top // 4 - len(known), bool)])
    known[sids] = True
    return known
