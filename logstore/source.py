"""Documents as they came, in compressed blocks: the write-ahead log and the `_source` of the index in one.

A row is one change: a document or a delete. Rows are numbered from 0 without gaps. Two files hold them:

    source.blk   blocks of about 256 KiB before compression, never rewritten
    tail.wal     the rows since the last full block, in small frames; emptied when they have moved to a block

Both consist of frames (little endian):

    0   4  magic "PLS1"
    4   4  CRC-32 of everything after this field
    8   4  length of the compressed payload C
    12  4  length of the payload before compression
    16  8  number of the first row
    24  4  rows in the frame
    28  C  zstd: for each row `<i|d><version> <id>\n<document>\n`

Why 256 KiB: 48 B a log document of 350 B against 69 B at 16 KiB, and 120 us to open a block. A torn frame at the end of either file was never
acknowledged and is cut off at start. Format page: docs/formats/log-store.md.
"""

import os
import struct
import threading
import zlib
from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import cramjam

BLOCK_BYTES: Final = 256 * 1024
MAGIC: Final = b"PLS1"
HEADER: Final = struct.Struct("<4sIIIQI")
CACHED_BLOCKS: Final = 8
UNSYNCED_FRAMES: Final = 32
LEVEL: Final = 3


class Row(NamedTuple):
    """One change: `kind` is `i` (document) or `d` (delete); `version` counts the writes to this id."""

    kind: str
    version: int
    id: str
    source: bytes


def encode_row(kind: str, version: int, doc_id: str, source: bytes) -> bytes:
    """`source` must hold no newline, nor may `doc_id`."""
    return b"%b%d %b\n%b\n" % (kind.encode(), version, doc_id.encode(), source)


def decode_rows(payload: bytes) -> list[Row]:
    lines = payload.split(b"\n")
    return [_row(lines[at], lines[at + 1]) for at in range(0, len(lines) - 1, 2)]


def _row(head: bytes, source: bytes) -> Row:
    version, _, doc_id = head[1:].partition(b" ")
    return Row(chr(head[0]), int(version), doc_id.decode(), source)


def encode_frame(first_row: int, rows: Sequence[bytes]) -> bytes:
    payload = b"".join(rows)
    packed = bytes(cramjam.zstd.compress(payload, LEVEL))
    rest = HEADER.pack(MAGIC, 0, len(packed), len(payload), first_row, len(rows))[8:]
    crc = zlib.crc32(packed, zlib.crc32(rest))
    return MAGIC + crc.to_bytes(4, "little") + rest + packed


class FrameFile:
    """A file of frames: append, find, cut off what is torn."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        self.first_rows = array("Q")
        self.offsets = array("Q")
        self.size = 0
        self.end_row = 0
        self._scan()

    def _scan(self) -> None:
        total = os.fstat(self._fd).st_size
        while self.size + HEADER.size <= total:
            head = os.pread(self._fd, HEADER.size, self.size)
            magic, _, packed, _, first, rows = HEADER.unpack(head)
            if magic != MAGIC or self.size + HEADER.size + packed > total:
                break
            self._note(first, rows, HEADER.size + packed)
        self._drop_torn()
        if self.size != total:
            os.ftruncate(self._fd, self.size)

    def _drop_torn(self) -> None:
        """A frame may have its length but not all its bytes: check those that may have been written since the last sync."""
        for at in range(max(0, len(self.offsets) - UNSYNCED_FRAMES), len(self.offsets)):
            try:
                self.payload(at)
            except ValueError:
                self.size, self.end_row = self.offsets[at], self.first_rows[at]
                del self.offsets[at:], self.first_rows[at:]
                return

    def _note(self, first: int, rows: int, length: int) -> None:
        self.first_rows.append(first)
        self.offsets.append(self.size)
        self.size += length
        self.end_row = first + rows

    def append(self, first_row: int, rows: Sequence[bytes]) -> None:
        frame = encode_frame(first_row, rows)
        written = 0
        while written < len(frame):
            written += os.pwrite(self._fd, memoryview(frame)[written:], self.size + written)
        self._note(first_row, len(rows), len(frame))

    def sync(self) -> None:
        os.fdatasync(self._fd)

    def clear(self) -> None:
        os.ftruncate(self._fd, 0)
        self.first_rows, self.offsets, self.size = array("Q"), array("Q"), 0

    def payload(self, at: int) -> bytes:
        """The rows of one frame, uncompressed. Raises `ValueError` when they are damaged."""
        offset = self.offsets[at]
        head = os.pread(self._fd, HEADER.size, offset)
        _, crc, packed, _, _, _ = HEADER.unpack(head)
        data = os.pread(self._fd, packed, offset + HEADER.size)
        if zlib.crc32(data, zlib.crc32(head[8:])) != crc:
            raise ValueError(f"{self.path}: damaged block at byte {offset}")
        return bytes(cramjam.zstd.decompress(data))

    def close(self) -> None:
        os.close(self._fd)


class SourceLog:
    """All rows of one generation. One thread appends, any thread reads."""

    def __init__(self, folder: Path) -> None:
        self._blocks = FrameFile(folder / "source.blk")
        self._wal = FrameFile(folder / "tail.wal")
        self._lock = threading.Lock()
        self._cache: OrderedDict[int, list[bytes]] = OrderedDict()
        self._tail: list[bytes] = []
        self._tail_bytes = 0
        self._recover_tail()

    def _recover_tail(self) -> None:
        for at in range(len(self._wal.offsets)):
            first = self._wal.first_rows[at]
            for number, row in enumerate(decode_rows(self._wal.payload(at)), first):
                if number >= self.end_row:
                    self._tail.append(encode_row(*row))
                    self._tail_bytes += len(self._tail[-1])

    @property
    def end_row(self) -> int:
        """The number the next row will get."""
        return self._blocks.end_row + len(self._tail)

    @property
    def size_bytes(self) -> int:
        return self._blocks.size + self._wal.size

    def append(self, rows: Sequence[bytes]) -> int:
        """Write and fdatasync rows made by `encode_row`; returns the number of the first."""
        first = self.end_row
        with self._lock:
            self._tail.extend(rows)
            self._tail_bytes += sum(map(len, rows))
            full = self._tail_bytes >= BLOCK_BYTES
            if full:
                self._seal()
        if not full:
            self._wal.append(first, rows)
            self._wal.sync()
        return first

    def _seal(self) -> None:
        """Move the tail into blocks of even size."""
        parts = max(1, self._tail_bytes // BLOCK_BYTES)
        step = -(-len(self._tail) // parts)
        for count, at in enumerate(range(0, len(self._tail), step), 1):
            self._blocks.append(self._blocks.end_row, self._tail[at : at + step])
            if count % UNSYNCED_FRAMES == 0:
                self._blocks.sync()
        self._blocks.sync()
        self._tail, self._tail_bytes = [], 0
        if self._wal.size:
            self._wal.clear()

    def read(self, number: int) -> Row:
        """One row. Raises `IndexError` for a number not written."""
        with self._lock:
            at = number - self._blocks.end_row
            if at >= 0:
                head, source, _ = self._tail[at].split(b"\n")
                return _row(head, source)
            block = bisect_right(self._blocks.first_rows, number) - 1
            lines = self._block(block)
        at = (number - self._blocks.first_rows[block]) * 2
        return _row(lines[at], lines[at + 1])

    def _block(self, at: int) -> list[bytes]:
        lines = self._cache.get(at)
        if lines is None:
            lines = self._cache[at] = self._blocks.payload(at).split(b"\n")
            if len(self._cache) > CACHED_BLOCKS:
                self._cache.popitem(last=False)
        else:
            self._cache.move_to_end(at)
        return lines

    def rows_from(self, start: int) -> Iterator[tuple[int, Row]]:
        """Rows with their numbers, from `start` to the end."""
        for at in range(max(0, bisect_right(self._blocks.first_rows, start) - 1), len(self._blocks.offsets)):
            first = self._blocks.first_rows[at]
            for number, row in enumerate(decode_rows(self._blocks.payload(at)), first):
                if number >= start:
                    yield number, row
        first = self._blocks.end_row
        for number, entry in enumerate(list(self._tail), first):
            if number >= start:
                head, source, _ = entry.split(b"\n")
                yield number, _row(head, source)

    def trim_cache(self) -> None:
        """Forget unpacked blocks: they cost memory while nobody searches."""
        with self._lock:
            self._cache.clear()

    def close(self) -> None:
        self._blocks.close()
        self._wal.close()
