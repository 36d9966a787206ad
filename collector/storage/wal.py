"""The write-ahead log: what is appended goes here first, and from here the head is rebuilt at the next start.

A segment is `<number:08>` and starts with 8 bytes of magic. It holds blocks, each at most about 256 KiB of records:

    u32 magic "PHB1" | u32 stored size | u32 CRC-32 of all that follows | u32 raw size | u8 codec | stored bytes

The raw bytes of a block are records: u32 size | u8 kind | payload. A block that does not verify is skipped up to the next one that does;
what was skipped is reported. Record payloads are drawn in `records.py` and docs/formats/wal.md.
"""

import logging
import os
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cramjam
from isal import isal_zlib

logger = logging.getLogger(__name__)

SEGMENT_MAGIC: Final = b"PHWAL\x01\0\0"
BLOCK_MAGIC: Final = b"PHB1"
BLOCK_HEADER: Final = struct.Struct("<4sIIIB")
_SUMMED: Final = struct.Struct("<IB")
RECORD_HEADER: Final = struct.Struct("<IB")
BLOCK_BYTES: Final = 256 * 1024
CODECS: Final = {"none": 0, "lz4": 1, "zstd": 2}


@dataclass(slots=True)
class WalDamage:
    """What a reader had to leave out."""

    segment: int
    offset: int
    size: int
    torn: bool  # at the very end: an interrupted write


def list_segments(folder: Path) -> list[int]:
    """Segment numbers, ascending."""
    if not folder.is_dir():
        return []
    return sorted(int(name) for name in os.listdir(folder) if name.isdigit() and len(name) == 8)


def segment_path(folder: Path, number: int) -> Path:
    return folder / f"{number:08}"


class WalWriter:
    """Collects records in memory; `write` and `sync` write them in the caller's thread, so that appending never waits for a disk.

    Records come from one thread at a time; `write` and `sync` may be called from others. After a failed write (full disk) the records are
    kept and written with the next one.
    """

    def __init__(
        self, folder: Path, *, first: int, segment_bytes: int, compression: str = "none", buffer_limit: int = 256 << 20
    ) -> None:
        self.folder = folder
        self.segment = first
        self.fsyncs = 0
        self.written_bytes = 0
        self.segment_bytes = 0  # of the current segment, before compression: what a start has to go through
        self.segment_records = 0
        self.sizes: dict[int, tuple[int, int]] = {}  # of older segments: bytes before compression, records
        self.pages = 0
        self.dropped_records = 0
        self._segment_bytes = segment_bytes
        self._codec = CODECS[compression]
        self._buffer_limit = buffer_limit
        self._pending: list[bytes] = []
        self._queued_records = 0  # by the appending thread only
        self._queued = 0  # bytes ever queued: written by the appending thread only
        self._flushed = 0  # bytes ever written: by `write` only
        self._flushed_records = 0
        self._unwritten: list[bytes] = []
        self._lock = threading.Lock()
        self._syncing = threading.Lock()  # taken before `_lock`: whoever only writes does not wait for a disk
        self._unsynced = False
        self._file: int | None = None
        self._size = 0

    def add(self, kind: int, *parts: bytes) -> bool:
        """Queue one record. False when the queue is full because the disk has taken nothing for long: the record is dropped."""
        size = sum(map(len, parts))
        if self.queued_bytes + size > self._buffer_limit:
            self.dropped_records += 1
            return False
        self._pending.extend((RECORD_HEADER.pack(size, kind), *filter(None, parts)))
        self._queued += size + RECORD_HEADER.size
        self._queued_records += 1
        return True

    @property
    def queued_bytes(self) -> int:
        return self._queued - self._flushed

    def write(self) -> None:
        """Hand everything queued so far to the operating system: it survives this process. Raises `OSError`; nothing is lost by that."""
        with self._lock:
            count = len(self._pending)  # both steps are atomic, and `extend` adds whole records
            self._unwritten.extend(self._pending[:count])
            del self._pending[:count]
            if not self._unwritten:
                return
            size = sum(map(len, self._unwritten))
            records = self._queued_records
            self._write_all()
            self._flushed += size
            self.segment_bytes += size
            self.segment_records += records - self._flushed_records
            self._flushed_records = records
            self._unsynced = True

    def sync(self) -> None:
        """Write everything queued so far and fsync it: it survives this machine. Raises `OSError`; nothing is lost by that."""
        with self._syncing:
            self.write()
            with self._lock:
                if not self._unsynced or self._file is None:
                    return
                handle = os.dup(self._file)  # a `write` meanwhile may close the file and begin the next one
                self._unsynced = False
            try:
                os.fdatasync(handle)
            except OSError:
                self._unsynced = True
                raise
            finally:
                os.close(handle)
            self.fsyncs += 1

    def cut(self) -> int:
        """Begin a new segment with the next record; the number of it. Everything queued before is in older segments."""
        self.sync()
        with self._lock:
            self._close_file()
            if segment_path(self.folder, self.segment).exists():
                self.segment += 1
            return self.segment

    def close(self) -> None:
        self.sync()
        with self._lock:
            self._close_file()

    def abandon(self) -> None:
        """Let the file go without writing what is queued."""
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None

    def _write_all(self) -> None:
        if self._file is None or self._size > self._segment_bytes:
            self._next_file()
        assert self._file is not None
        start = self._size
        try:
            for chunk in _blocks(self._unwritten, self._codec):
                self._write(chunk)
        except OSError:
            os.ftruncate(self._file, start)
            os.lseek(self._file, start, os.SEEK_SET)
            self._size = start
            raise
        self.written_bytes += self._size - start
        self._unwritten = []

    def _write(self, chunk: bytes) -> None:
        assert self._file is not None
        rest = memoryview(chunk)
        while rest:
            done = os.write(self._file, rest)
            self._size += done
            rest = rest[done:]
        self.pages += 1

    def _next_file(self) -> None:
        self._close_file()
        path = segment_path(self.folder, self.segment)
        if path.exists():
            self.segment += 1
            path = segment_path(self.folder, self.segment)
        file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
        try:
            os.write(file, SEGMENT_MAGIC)
        except OSError:
            os.close(file)
            path.unlink()
            raise
        self._file, self._size = file, len(SEGMENT_MAGIC)
        self.segment_bytes = self.segment_records = 0
        sync_folder(self.folder)

    def _close_file(self) -> None:
        if self._file is not None:
            os.fdatasync(self._file)
            os.close(self._file)
            self._file, self._unsynced = None, False
            self.sizes[self.segment] = (self.segment_bytes, self.segment_records)


def sync_folder(folder: Path) -> None:
    """Make renames and new names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_segment(path: Path, records: Iterator[tuple[int, bytes]]) -> None:
    """A complete segment, durable under its name or not there at all."""
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        file.write(SEGMENT_MAGIC)
        for kind, payload in records:
            for block in _blocks([RECORD_HEADER.pack(len(payload), kind), *filter(None, (payload,))], CODECS["zstd"]):
                file.write(block)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)
    sync_folder(path.parent)


def _blocks(parts: list[bytes], codec: int) -> Iterator[bytes]:
    """Records (header and payload parts, header first) packed into blocks; a record is never split over two."""
    group: list[bytes] = []
    size = 0
    left = 0
    for part in parts:
        if left == 0:
            if size >= BLOCK_BYTES:
                yield _block(group, codec)
                group, size = [], 0
            left = RECORD_HEADER.unpack(part)[0] + RECORD_HEADER.size
        group.append(part)
        size += len(part)
        left -= len(part)
    if group:
        yield _block(group, codec)


def _block(group: list[bytes], codec: int) -> bytes:
    raw = b"".join(group)
    stored = _compress(raw, codec)
    crc = isal_zlib.crc32(stored, isal_zlib.crc32(_SUMMED.pack(len(raw), codec)))
    return BLOCK_HEADER.pack(BLOCK_MAGIC, len(stored), crc, len(raw), codec) + stored


def _compress(raw: bytes, codec: int) -> bytes:
    if codec == CODECS["lz4"]:
        return bytes(cramjam.lz4.compress_block(raw, store_size=False))
    if codec == CODECS["zstd"]:
        return bytes(cramjam.zstd.compress(raw, 1))
    return raw


def _decompress(stored: memoryview, raw_size: int, codec: int) -> memoryview:
    if codec == CODECS["lz4"]:
        return memoryview(cramjam.lz4.decompress_block(stored, output_len=raw_size))
    if codec == CODECS["zstd"]:
        return memoryview(cramjam.zstd.decompress(stored, output_len=raw_size))
    return stored


def read_segment(
    data: memoryview, number: int, last: bool, on_damage: Callable[[WalDamage], None]
) -> Iterator[tuple[int, memoryview]]:
    """The records of one segment's bytes. `last`: damage at the end of it is a torn write."""
    if bytes(data[: len(SEGMENT_MAGIC)]) != SEGMENT_MAGIC:
        if len(data):
            on_damage(WalDamage(number, 0, len(data), torn=last and SEGMENT_MAGIC.startswith(bytes(data[:8]))))
        if len(data) < len(SEGMENT_MAGIC):
            return
    offset = len(SEGMENT_MAGIC)
    while offset < len(data):
        block = block_at(data, offset)
        if block is None:
            following = _resync(data, offset + 1)
            on_damage(WalDamage(number, offset, following - offset, torn=last and following == len(data)))
            offset = following
            continue
        raw, offset = block
        position = 0
        while position < len(raw):
            size, kind = RECORD_HEADER.unpack_from(raw, position)
            position += RECORD_HEADER.size
            yield kind, raw[position : position + size]
            position += size


def block_at(data: memoryview, offset: int) -> tuple[memoryview, int] | None:
    """The records of the block at `offset` and where it ends; None when no whole, sound block stands there."""
    if offset + BLOCK_HEADER.size > len(data):
        return None
    magic, stored_size, crc, raw_size, codec = BLOCK_HEADER.unpack_from(data, offset)
    end = offset + BLOCK_HEADER.size + stored_size
    if magic != BLOCK_MAGIC or end > len(data):
        return None
    stored = data[offset + BLOCK_HEADER.size : end]
    if isal_zlib.crc32(stored, isal_zlib.crc32(_SUMMED.pack(raw_size, codec))) != crc:
        return None
    return _decompress(stored, raw_size, codec), end


def _resync(data: memoryview, offset: int) -> int:
    """Where the next block that verifies begins, or the end."""
    window = bytes(data[offset:])
    place = window.find(BLOCK_MAGIC)
    while place >= 0:
        if block_at(data, offset + place) is not None:
            return offset + place
        place = window.find(BLOCK_MAGIC, place + 1)
    return len(data)
