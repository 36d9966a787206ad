"""Drops log segments whose samples are in head files or blocks, keeping what later segments refer to.

`<path>/wal/checkpoint.<n:08>` has the format of a segment and stands for all segments up to n: the series, the last shape of each group, what
is only in memory (sample log, histograms, exemplars) and the deletions of the head. Segments it stands for may stay for a while, for remote
write to read; so do their checkpoints and the one before the oldest of them: there stands what rows mean.
"""

import logging
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from collector.storage import records
from collector.storage.head import Head
from collector.storage.records import Kind
from collector.storage.tombstones import Tombstones
from collector.storage.wal import list_segments, read_segment, segment_path, write_segment

logger = logging.getLogger(__name__)

_NAME = re.compile(r"checkpoint\.(\d{8})")
_AT_ONCE = 50_000


def latest_checkpoint(folder: Path) -> tuple[int, Path] | None:
    """The newest checkpoint and the last segment it stands for."""
    return max(_checkpoints(folder), default=None)


def checkpoint_before(folder: Path, segment: int) -> tuple[int, Path] | None:
    """The newest checkpoint that stands for nothing of a segment or later ones."""
    return max((found for found in _checkpoints(folder) if found[0] < segment), default=None)


def _checkpoints(folder: Path) -> list[tuple[int, Path]]:
    return [(int(match[1]), path) for path in folder.iterdir() if (match := _NAME.fullmatch(path.name))]


def write_checkpoint(folder: Path, head: Head, tombstones: Tombstones, keep_from: int) -> bool:
    """A checkpoint for all segments before `keep_from`; False when there is one already. Raises `OSError`."""
    latest = latest_checkpoint(folder)
    covered = -1 if latest is None else latest[0]
    doomed = [number for number in list_segments(folder) if covered < number < keep_from]
    if not doomed:
        return False
    head.files.sync()
    shapes = _last_shapes(folder, doomed)
    write_segment(folder / f"checkpoint.{doomed[-1]:08}", _content(head, tombstones, shapes))
    return True


def remove_covered(folder: Path, wanted_from: int, keep_bytes: int) -> None:
    """Delete segments that a checkpoint stands for. Those from `wanted_from` on stay, as far as the newest `keep_bytes` of them go."""
    latest = latest_checkpoint(folder)
    covered = [] if latest is None else [number for number in list_segments(folder) if number <= latest[0]]
    for number in reversed(covered):
        path = segment_path(folder, number)
        keep_bytes -= path.stat().st_size
        if number < wanted_from or keep_bytes < 0:
            path.unlink()
    segments = list_segments(folder)
    before = checkpoint_before(folder, segments[0]) if segments else latest
    for number, path in _checkpoints(folder):
        if before is not None and number < before[0]:
            path.unlink()
    for path in folder.glob("*.tmp"):
        path.unlink()


def _last_shapes(folder: Path, doomed: list[int]) -> dict[int, dict[Kind, bytes]]:
    """The newest LAYOUT and SHAPE payloads of each group that was still open at the end of these segments."""
    shapes: dict[int, dict[Kind, bytes]] = {}
    latest = latest_checkpoint(folder)
    paths = [] if latest is None else [latest[1]]
    for path in [*paths, *(segment_path(folder, number) for number in doomed)]:
        data = memoryview(path.read_bytes())
        for kind, payload in read_segment(data, 0, False, lambda damage: None):
            if kind == Kind.SHAPE:
                shapes.setdefault(records.decode_shape(payload)[0], {})[Kind.SHAPE] = bytes(payload)
            elif kind == Kind.LAYOUT:
                shapes.setdefault(records.decode_layout(payload)[0], {})[Kind.LAYOUT] = bytes(payload)
            elif kind == Kind.CLOSE:
                shapes.pop(records.decode_close(payload)[0], None)
    return shapes


def _content(head: Head, tombstones: Tombstones, shapes: dict[int, dict[Kind, bytes]]) -> Iterator[tuple[int, bytes]]:
    known = head.known_series()
    for begin in range(0, len(known), _AT_ONCE):
        yield Kind.SERIES, records.encode_series(head.table, known[begin : begin + _AT_ONCE])
    for payloads in shapes.values():
        yield from sorted(payloads.items(), reverse=True)  # the layout comes before the shape
    for run in head.log.runs():
        yield Kind.SAMPLES, b"".join(records.samples_parts(run.rows().astype(np.int64), run.times, run.values))
    histograms = head.histograms.run()
    if len(histograms):
        rows = histograms.rows().astype(np.int64)
        yield Kind.HISTOGRAMS, b"".join(records.histograms_parts(rows, histograms.times, histograms.blobs.tolist()))
    for sid, exemplar in head.exemplars.items():
        one = [(exemplar.labels, exemplar.value, exemplar.timestamp_ms)]
        yield Kind.EXEMPLARS, b"".join(records.exemplars_parts(np.array([sid]), one))
    for sid, intervals in tombstones.items():
        for low, high in intervals:
            yield Kind.DELETE, b"".join(records.delete_parts(np.array([sid]), low, high))
