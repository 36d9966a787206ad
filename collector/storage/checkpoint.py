"""Drops log segments whose samples are in head files or blocks, keeping what later segments refer to.

`<path>/wal/checkpoint.<n:08>` has the format of a segment and stands for all segments up to n: the series, the last shape of each group, what
is only in memory (sample log, histograms, exemplars) and the deletions of the head.
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
    found = [(int(match[1]), path) for path in folder.iterdir() if (match := _NAME.fullmatch(path.name))]
    return max(found, default=None)


def truncate_log(folder: Path, head: Head, tombstones: Tombstones, keep_from: int) -> int:
    """Replace all segments before `keep_from` by a checkpoint; how many segments went. Raises `OSError`."""
    doomed = [number for number in list_segments(folder) if number < keep_from]
    if not doomed:
        return 0
    shapes = _last_shapes(folder, doomed)
    write_segment(folder / f"checkpoint.{doomed[-1]:08}", _content(head, tombstones, shapes))
    remove_before(folder, keep_from)
    return len(doomed)


def remove_before(folder: Path, keep_from: int) -> None:
    """Delete segments and checkpoints that a newer checkpoint stands for."""
    for number in list_segments(folder):
        if number < keep_from:
            segment_path(folder, number).unlink()
    latest = latest_checkpoint(folder)
    for path in folder.iterdir():
        if path.name.endswith(".tmp") or (_NAME.fullmatch(path.name) and latest is not None and path != latest[1]):
            path.unlink()


def _last_shapes(folder: Path, doomed: list[int]) -> dict[int, bytes]:
    """The newest SHAPE payload of each group that was still open at the end of these segments."""
    shapes: dict[int, bytes] = {}
    latest = latest_checkpoint(folder)
    paths = [] if latest is None else [latest[1]]
    for path in [*paths, *(segment_path(folder, number) for number in doomed)]:
        data = memoryview(path.read_bytes())
        for kind, payload in read_segment(data, 0, False, lambda damage: None):
            if kind == Kind.SHAPE:
                group, _, _ = records.decode_shape(payload)
                shapes[group] = bytes(payload)
            elif kind == Kind.CLOSE:
                shapes.pop(records.decode_close(payload)[0], None)
    return shapes


def _content(head: Head, tombstones: Tombstones, shapes: dict[int, bytes]) -> Iterator[tuple[int, bytes]]:
    known = head.known_series()
    for begin in range(0, len(known), _AT_ONCE):
        yield Kind.SERIES, records.encode_series(head.table, known[begin : begin + _AT_ONCE])
    for payload in shapes.values():
        yield Kind.SHAPE, payload
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
