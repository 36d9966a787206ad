"""Follows the write-ahead log while it is written: the queue of remote write is the log itself, so nothing is kept twice and
nothing is forgotten over a restart.

A position is a segment and an offset of a block in it. What a row means (which series its columns are) stands in earlier records, so a
start in the middle reads the shapes before it. A reader that falls behind the log's truncation goes on where the log begins and says so.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from collector.storage import records
from collector.storage.checkpoint import checkpoint_before
from collector.storage.interface import ABSENT_BITS, STALE_NAN, Rows, Timestamps, Values
from collector.storage.records import Kind
from collector.storage.wal import RECORD_HEADER, SEGMENT_MAGIC, block_at, list_segments, read_segment, segment_path
from pharos.labels import LabelSet

logger = logging.getLogger(__name__)

_READ_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Where the next block begins."""

    segment: int = 0
    offset: int = len(SEGMENT_MAGIC)


@dataclass(slots=True)
class Batch:
    """What was read: columns of float samples, histograms as the log stores them, exemplars."""

    sids: list[Rows] = field(default_factory=list)
    timestamps: list[Timestamps] = field(default_factory=list)
    values: list[Values] = field(default_factory=list)
    histogram_sids: list[Rows] = field(default_factory=list)
    histogram_times: list[Timestamps] = field(default_factory=list)
    histogram_blobs: list[bytes] = field(default_factory=list)
    exemplars: list[tuple[int, LabelSet, float, int]] = field(default_factory=list)
    count: int = 0

    def columns(self) -> tuple[Rows, Timestamps, Values]:
        """All float samples as three arrays."""
        if not self.sids:
            return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
        return np.concatenate(self.sids), np.concatenate(self.timestamps), np.concatenate(self.values)


@dataclass(slots=True)
class _Group:
    shape: int
    sids: Rows
    vanished: Rows = field(default_factory=lambda: np.empty(0, np.int64))


class LogTail:
    """Reads the log of one storage from a position on. Runs in worker threads, one at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._groups: dict[int, _Group] = {}
        self.position = Position()
        self.lost_segments = 0

    def start_at_end(self) -> None:
        """Begin with what comes from now on."""
        segments = list_segments(self._folder)
        for number in segments:
            self._learn_segment(number, None)
        if segments:
            size = segment_path(self._folder, segments[-1]).stat().st_size
            self.position = Position(segments[-1], max(size, len(SEGMENT_MAGIC)))

    def start_at(self, position: Position) -> None:
        """Go on where another reader stopped."""
        for number in list_segments(self._folder):
            if number <= position.segment:
                self._learn_segment(number, position.offset if number == position.segment else None)
        self.position = position

    def _learn_segment(self, number: int, end: int | None) -> None:
        """Take in the shapes of a segment, or of the checkpoint before the first one, up to an offset."""
        if not self._groups:
            checkpoint = checkpoint_before(self._folder, number)
            if checkpoint is not None:
                self._learn(checkpoint[1], None)
        self._learn(segment_path(self._folder, number), end)

    def _learn(self, path: Path, end: int | None) -> None:
        data = memoryview(path.read_bytes())[:end]
        for kind, payload in read_segment(data, 0, True, lambda _: None):
            if kind in (Kind.SHAPE, Kind.CLOSE):
                self._apply(kind, payload, Batch())

    def read(self, limit: int) -> Batch:
        """Up to about `limit` samples that were written since; the position moves behind them. Raises `OSError`."""
        batch = Batch()
        while batch.count < limit:
            data = self._read_segment()
            used = 0
            for raw, end in _blocks(data):
                for kind, payload in _records(raw):
                    self._apply(kind, payload, batch)
                used = end
                if batch.count >= limit:
                    break
            self.position = Position(self.position.segment, self.position.offset + used)
            if used == 0 and not self._next_segment():
                break
        return batch

    def behind_bytes(self) -> int:
        """How much of the log is not read yet."""
        sizes = {n: segment_path(self._folder, n).stat().st_size for n in list_segments(self._folder)}
        rest = sum(size for number, size in sizes.items() if number > self.position.segment)
        return rest + max(0, sizes.get(self.position.segment, 0) - self.position.offset)

    def _read_segment(self) -> memoryview:
        try:
            with segment_path(self._folder, self.position.segment).open("rb") as file:
                file.seek(self.position.offset)
                return memoryview(file.read(_READ_BYTES))
        except FileNotFoundError:
            return memoryview(b"")

    def _next_segment(self) -> bool:
        """Go to the next segment when this one is complete: only the last one grows."""
        following = [number for number in list_segments(self._folder) if number > self.position.segment]
        if not following:
            return False
        if self.position.segment and following[0] != self.position.segment + 1:
            self.lost_segments += following[0] - self.position.segment - 1
            logger.error(
                "Remote write fell behind the log, samples were not sent", extra={"segments": self.lost_segments}
            )
            self._groups.clear()
            self._learn_segment(following[0], 0)
        self.position = Position(following[0])
        return True

    def _apply(self, kind: int, payload: memoryview, batch: Batch) -> None:
        if kind == Kind.ROW:
            self._row(payload, batch)
        elif kind == Kind.SHAPE:
            number, shape, sids = records.decode_shape(payload)
            old = self._groups.get(number)
            gone = np.setdiff1d(np.union1d(old.sids, old.vanished), sids) if old is not None else None
            self._groups[number] = _Group(shape, sids) if gone is None else _Group(shape, sids, gone)
        elif kind == Kind.CLOSE:
            self._groups.pop(records.decode_close(payload)[0], None)
        elif kind == Kind.SAMPLES:
            numbers, times, values = records.view_samples(payload)
            _add(batch, numbers.astype(np.int64), times, values)
        elif kind == Kind.HISTOGRAMS:
            sids, times, blobs = records.decode_histograms(payload)
            batch.histogram_sids.append(sids)
            batch.histogram_times.append(times)
            batch.histogram_blobs.extend(blobs)
            batch.count += len(sids)
        elif kind == Kind.EXEMPLARS:
            batch.exemplars.extend(records.decode_exemplars(payload))

    def _row(self, payload: memoryview, batch: Batch) -> None:
        number, shape, timestamp_ms, values = records.decode_row(payload)
        group = self._groups.get(number)
        if group is None or group.shape != shape or len(group.sids) != len(values):
            return
        present = values.view(np.uint64) != ABSENT_BITS
        sids = group.sids[present]
        _add(batch, sids, np.full(len(sids), timestamp_ms), values[present])
        if len(group.vanished):
            ended, group.vanished = group.vanished, np.empty(0, np.int64)
            _add(batch, ended, np.full(len(ended), timestamp_ms), np.full(len(ended), STALE_NAN))


def _add(batch: Batch, sids: Rows, timestamps: Timestamps, values: Values) -> None:
    batch.sids.append(sids)
    batch.timestamps.append(timestamps)
    batch.values.append(values)
    batch.count += len(sids)


def _blocks(data: memoryview) -> Iterator[tuple[memoryview, int]]:
    """Complete blocks and where each ends; the rest of a block that is being written comes with the next read."""
    offset = 0
    while (block := block_at(data, offset)) is not None:
        raw, offset = block
        yield raw, offset


def _records(raw: memoryview) -> Iterator[tuple[int, memoryview]]:
    position = 0
    while position < len(raw):
        size, kind = RECORD_HEADER.unpack_from(raw, position)
        position += RECORD_HEADER.size
        yield kind, raw[position : position + size]
        position += size
