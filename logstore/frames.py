"""Files of compressed, checksummed frames: appended to, never rewritten. What a frame holds is its user's matter (see `source`).

    0   4  magic "PLS1"
    4   4  CRC-32 of everything after this field
    8   4  length of the compressed payload C
    12  4  length of the payload before compression
    16  8  number of the first row
    24  4  rows in the frame
    28  C  zstd payload                                                     (little endian)

Two things can be wrong with such a file. Its end may be torn, by a crash in the middle of a write: nobody was told that this was written, and it is cut off.
Or bytes in the middle have changed on the disk: those frames are left out, told about, and everything after them is served as before.
"""

import logging
import mmap
import os
import struct
import zlib
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cramjam

logger = logging.getLogger(__name__)

MAGIC: Final = b"PLS1"
HEADER: Final = struct.Struct("<4sIIIQI")
UNSYNCED_FRAMES: Final = 32
"""Most frames written between two syncs: only these can be torn."""
LEVEL: Final = 3


class DamagedError(Exception):
    """The rows asked for cannot be read: the disk gave back other bytes than were written."""


def encode_frame(first_row: int, rows: Sequence[bytes]) -> bytes:
    payload = b"".join(rows)
    packed = bytes(cramjam.zstd.compress(payload, LEVEL))
    rest = HEADER.pack(MAGIC, 0, len(packed), len(payload), first_row, len(rows))[8:]
    crc = zlib.crc32(packed, zlib.crc32(rest))
    return MAGIC + crc.to_bytes(4, "little") + rest + packed


class FrameFile:
    """A file of frames: append, find, take back."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        self.first_rows = array("Q")
        self.offsets = array("Q")
        self.counts = array("I")
        self.size = 0
        self.damaged: set[int] = set()
        """Offsets of frames that could not be read."""
        self._scan()

    @property
    def end_row(self) -> int:
        """The row after the last one."""
        return self.first_rows[-1] + self.counts[-1] if self.offsets else 0

    # Opening

    def _scan(self) -> None:
        total = os.fstat(self._fd).st_size
        at = 0
        while at < total:
            length = self._plausible(at, total)
            if length is None:
                found = self._next_sound(at + 1, total)
                if found is None:
                    break
                self._damaged(at, f"{found - at} bytes are left out")
                at = found
                continue
            _, _, _, _, first, rows = self._header(at)
            self._note(at, first, rows, length)
            at += length
        self._cut_torn_end(total)

    def _header(self, at: int) -> tuple[bytes, int, int, int, int, int]:
        data = os.pread(self._fd, HEADER.size, at)
        return HEADER.unpack(data) if len(data) == HEADER.size else (b"", 0, 0, 0, 0, 0)

    def _plausible(self, at: int, total: int) -> int | None:
        """The length of the frame at `at`, if there is one: its sum is checked only when it does not fit between its neighbours."""
        magic, _, packed, _, first, rows = self._header(at)
        end = at + HEADER.size + packed
        if magic != MAGIC or end > total:
            return None
        following, _, _, _, next_row, _ = self._header(end)
        fits = first == self.end_row and (end == total or (following == MAGIC and next_row == first + rows))
        if not fits and (first < self.end_row or not self._sound(at)):
            return None
        return HEADER.size + packed

    def _sound(self, at: int) -> bool:
        head = os.pread(self._fd, HEADER.size, at)
        if len(head) < HEADER.size:
            return False
        _, crc, packed, _, _, _ = HEADER.unpack(head)
        data = os.pread(self._fd, packed, at + HEADER.size)
        return len(data) == packed and zlib.crc32(data, zlib.crc32(head[8:])) == int(crc)

    def _next_sound(self, at: int, total: int) -> int | None:
        with mmap.mmap(self._fd, total, access=mmap.ACCESS_READ) as data:
            while (at := data.find(MAGIC, at)) >= 0:
                _, _, packed, _, first, _ = self._header(at)
                if at + HEADER.size + packed <= total and first >= self.end_row and self._sound(at):
                    return at
                at += 1
        return None

    def _cut_torn_end(self, total: int) -> None:
        """A frame may have its length but not all its bytes: check those that may have been written since the last sync."""
        for _ in range(min(UNSYNCED_FRAMES, len(self.offsets))):
            if self._sound(self.offsets[-1]):
                break
            self._forget_last()
        if self.size < total:
            self._keep_aside(total)
            os.ftruncate(self._fd, self.size)

    def _keep_aside(self, total: int) -> None:
        """More than the beginning of one frame: perhaps no torn write but a damaged one. Nothing is thrown away unseen."""
        magic, _, packed, _, _, _ = self._header(self.size)
        if magic == MAGIC and self.size + HEADER.size + packed > total:
            return
        aside = self.path.with_name(f"{self.path.name}.{self.size}.damaged")
        aside.write_bytes(os.pread(self._fd, total - self.size, self.size))
        self._damaged(self.size, f"the end of the file is set aside as {aside.name}")

    def _damaged(self, offset: int, what: str) -> None:
        self.damaged.add(offset)
        logger.error("Stored documents are damaged", extra={"file": str(self.path), "byte": offset, "what": what})

    def _note(self, offset: int, first: int, rows: int, length: int) -> None:
        self.first_rows.append(first)
        self.offsets.append(offset)
        self.counts.append(rows)
        self.size = offset + length

    def _forget_last(self) -> None:
        self.size = self.offsets.pop()
        self.first_rows.pop()
        self.counts.pop()

    # Writing and reading

    def append(self, first_row: int, rows: Sequence[bytes]) -> None:
        """Write one frame. Raises `OSError`, and then the file is as before."""
        frame = memoryview(encode_frame(first_row, rows))
        written = 0
        try:
            while written < len(frame):
                written += os.pwrite(self._fd, frame[written:], self.size + written)
        except OSError:
            os.ftruncate(self._fd, self.size)
            raise
        self._note(self.size, first_row, len(rows), len(frame))

    def take_back(self, frames: int) -> None:
        """Undo appends until there are only so many frames."""
        while len(self.offsets) > frames:
            self._forget_last()
        os.ftruncate(self._fd, self.size)

    def sync(self) -> None:
        os.fdatasync(self._fd)

    def clear(self) -> None:
        self.take_back(0)
        if self.size:  # what was damaged at its beginning
            self.size = 0
            os.ftruncate(self._fd, 0)

    def payload(self, at: int) -> bytes:
        """The rows of one frame, uncompressed. Raises `DamagedError`."""
        offset = self.offsets[at]
        if not self._sound(offset):
            if offset not in self.damaged:
                self._damaged(offset, f"rows {self.first_rows[at]} and {self.counts[at] - 1} more cannot be read")
            raise DamagedError(f"{self.path}: damaged block at byte {offset}")
        data = os.pread(self._fd, self._header(offset)[2], offset + HEADER.size)
        return bytes(cramjam.zstd.decompress(data))

    def close(self) -> None:
        os.close(self._fd)
