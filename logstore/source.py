"""Documents as they came, in compressed blocks: the write-ahead log and the `_source` of the index in one.

A row is one change: a document or a delete. Rows are numbered from 0, upwards, without gaps unless something was damaged. Two files of `frames` hold them:

    source.blk   blocks of about 256 KiB before compression, never rewritten
    tail.wal     the rows since the last full block, in small frames; emptied when they have moved to a block

The payload of a frame has, for each row, `<i|d><version> <id>\n<document>\n`.

Why 256 KiB: 48 B a log document of 350 B against 69 B at 16 KiB, and 120 us to open a block. Format page: docs/formats/log-store.md.
"""

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from logstore.frames import UNSYNCED_FRAMES, DamagedError, FrameFile

BLOCK_BYTES: Final = 256 * 1024
CACHED_BLOCKS: Final = 8


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


class SourceLog:
    """All rows of one generation. One thread appends, any thread reads."""

    def __init__(self, folder: Path) -> None:
        self._blocks = FrameFile(folder / "source.blk")
        self._wal = FrameFile(folder / "tail.wal")
        self._lock = threading.Lock()
        self._cache: OrderedDict[int, list[bytes]] = OrderedDict()
        self._tail: list[bytes] = []
        self._tail_bytes = 0
        self._tail_first = self._blocks.end_row
        self._recover_tail()

    def _recover_tail(self) -> None:
        for at in range(len(self._wal.offsets)):
            first = self._wal.first_rows[at]
            try:
                rows = decode_rows(self._wal.payload(at))
            except DamagedError:
                continue
            if first > self.end_row:
                self._skip_to(first)
            for row in rows[max(0, self.end_row - first) :]:
                self._tail.append(encode_row(*row))
                self._tail_bytes += len(self._tail[-1])

    def _skip_to(self, row: int) -> None:
        """Rows in between are damaged: what is before them must be in a block, since the tail has no gaps."""
        if self._tail:
            self._blocks.append(self._tail_first, self._tail)
            self._blocks.sync()
        self._tail, self._tail_bytes, self._tail_first = [], 0, row

    def resume_at(self, row: int) -> None:
        """Never give a number again that the index knows already, though the row itself was damaged."""
        if row > self.end_row:
            self._skip_to(row)

    @property
    def end_row(self) -> int:
        """The number the next row will get."""
        return self._tail_first + len(self._tail)

    @property
    def size_bytes(self) -> int:
        return self._blocks.size + self._wal.size

    @property
    def damaged_blocks(self) -> int:
        """Blocks known to be unreadable."""
        return len(self._blocks.damaged) + len(self._wal.damaged)

    def append(self, rows: Sequence[bytes]) -> int:
        """Write and fdatasync rows made by `encode_row`; returns the number of the first. Raises `OSError`: nothing was written."""
        first = self.end_row
        size = sum(map(len, rows))
        if self._tail_bytes + size >= BLOCK_BYTES:
            self._seal([*self._tail, *rows], self._tail_bytes + size)
            return first
        frames = len(self._wal.offsets)
        try:
            self._wal.append(first, rows)
            self._wal.sync()
        except OSError:
            self._wal.take_back(frames)
            raise
        with self._lock:
            self._tail.extend(rows)
            self._tail_bytes += size
        return first

    def _seal(self, rows: list[bytes], size: int) -> None:
        """Write the tail and what follows it in blocks of even size."""
        frames = len(self._blocks.offsets)
        step = -(-len(rows) // max(1, size // BLOCK_BYTES))
        with self._lock:
            try:
                for count, at in enumerate(range(0, len(rows), step), 1):
                    self._blocks.append(self._tail_first + at, rows[at : at + step])
                    if count % UNSYNCED_FRAMES == 0:
                        self._blocks.sync()
                self._blocks.sync()
            except OSError:
                self._blocks.take_back(frames)
                raise
            self._tail_first += len(rows)
            self._tail, self._tail_bytes = [], 0
        if self._wal.size:
            self._wal.clear()

    def read(self, number: int) -> Row:
        """One row. Raises `IndexError` for a number not written and `DamagedError`."""
        with self._lock:
            at = number - self._tail_first
            if at >= 0:
                head, source, _ = self._tail[at].split(b"\n")
                return _row(head, source)
            block = bisect_right(self._blocks.first_rows, number) - 1
            at = number - self._blocks.first_rows[block] if block >= 0 else -1
            if not 0 <= at < self._blocks.counts[block]:
                raise DamagedError(f"{self._blocks.path}: row {number} is damaged")
            lines = self._block(block)
        return _row(lines[at * 2], lines[at * 2 + 1])

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
        """Rows with their numbers, from `start` to the end; damaged ones are left out."""
        for at in range(max(0, bisect_right(self._blocks.first_rows, start) - 1), len(self._blocks.offsets)):
            try:
                rows = decode_rows(self._blocks.payload(at))
            except DamagedError:
                continue
            for number, row in enumerate(rows, self._blocks.first_rows[at]):
                if number >= start:
                    yield number, row
        for number, entry in enumerate(list(self._tail), self._tail_first):
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
