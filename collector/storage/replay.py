"""Rebuilds the head from the write-ahead log."""

import logging
import mmap
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from collector.storage import records
from collector.storage.checkpoint import latest_checkpoint
from collector.storage.exemplars import Exemplar
from collector.storage.group import HeadGroup
from collector.storage.head import Head
from collector.storage.interface import Rows, Timestamps, Values
from collector.storage.pending import PendingSamples
from collector.storage.records import Kind
from collector.storage.tombstones import Tombstones
from collector.storage.wal import WalDamage, list_segments, read_segment, segment_path

logger = logging.getLogger(__name__)


class Replay:
    """Applies records in order. A record that refers to something the log has lost is counted and left out, never guessed at."""

    def __init__(self, head: Head, tombstones: Tombstones, on_progress: Callable[[int, int, int], None]) -> None:
        self.head = head
        self.tombstones = tombstones
        self.damages: list[WalDamage] = []
        self.left_out = 0
        self.samples = 0
        self.abandoned: list[int] = []  # groups that nobody closed: their process was killed
        self.sizes: dict[int, tuple[int, int]] = {}  # of segments: bytes before compression, records
        self._progress = on_progress
        self._shapes: dict[int, int] = {}
        self._layouts: dict[int, int] = {}  # of groups
        self._known = np.zeros(0, bool)
        self._pending = PendingSamples(self._samples)
        self._rows: dict[HeadGroup, list[tuple[int, Values]]] = {}

    def run(self, folder: Path) -> None:
        segments = list_segments(folder)
        checkpoint = latest_checkpoint(folder)
        if checkpoint is not None:
            segments = [number for number in segments if number > checkpoint[0]]
            self.head.segment = checkpoint[0] + 1
            self._segment(checkpoint[1], checkpoint[0], last=False)
        for number in segments:
            self._progress(segments[0], number, segments[-1])
            self.head.segment = number
            self._segment(segment_path(folder, number), number, last=number == segments[-1])
        self.abandoned = list(self.head.groups)
        for group in list(self.head.groups.values()):
            self.head.abandon_group(group)
        if self.left_out:
            logger.warning("Log records without their series were left out", extra={"records": self.left_out})

    def _segment(self, path: Path, number: int, last: bool) -> None:
        size = path.stat().st_size
        if size == 0:
            return
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)  # goes with its last view
        content = list(read_segment(memoryview(mapped), number, last, self._damaged))
        self._learn(
            records.decode_series([payload for kind, payload in content if kind == Kind.SERIES], self.head.table)
        )
        for kind, payload in content:
            if kind == Kind.ROW:
                self._row(payload)
            else:
                self._apply(kind, payload)
        self.sizes[number] = (sum(len(payload) for _, payload in content), len(content))
        self._pending.flush()
        for group in list(self._rows):
            self._place_rows(group)

    def _damaged(self, damage: WalDamage) -> None:
        self.damages.append(damage)
        text = (
            "Torn end of the write-ahead log dropped" if damage.torn else "Corrupt part of the write-ahead log skipped"
        )
        logger.warning(text, extra={"segment": damage.segment, "offset": damage.offset, "bytes": damage.size})

    def _apply(self, kind: int, payload: memoryview) -> None:
        match kind:
            case Kind.SERIES:
                return  # known since the segment was opened
            case Kind.SHAPE:
                self._pending.flush()
                self._shape(payload)
            case Kind.CLOSE:
                number, _ = records.decode_close(payload)
                self.head.skip_group(number)
                if number in self.head.groups:
                    self._place_rows(self.head.groups[number])
                    self.head.abandon_group(self.head.groups[number])
            case Kind.SAMPLES:
                self._pending.add(payload)
            case _:
                self._other(kind, payload)

    def _other(self, kind: int, payload: memoryview) -> None:
        match kind:
            case Kind.LAYOUT:
                number, layout = records.decode_layout(payload)
                self._layouts[number] = layout
                return
            case Kind.HISTOGRAMS:
                sids, timestamps, blobs = records.decode_histograms(payload)
                if self._all_known(sids):
                    self.samples += len(sids)
                    self.head.replay_histograms(sids, timestamps, blobs)
                    return
            case Kind.EXEMPLARS:
                for sid, labels, value, timestamp_ms in records.decode_exemplars(payload):
                    if self._all_known(np.array([sid])):
                        self.head.exemplars.add(sid, Exemplar(labels, value, timestamp_ms))
                return
            case Kind.DELETE:
                sids, min_ms, max_ms = records.decode_delete(payload)
                self.tombstones.add(sids[self._known_among(sids)], min_ms, max_ms)
                return
        self.left_out += 1

    def _learn(self, sids: Rows) -> None:
        self.head.know_replayed(sids)
        top = len(self.head.table)
        if top > len(self._known):
            self._known = np.r_[self._known, np.zeros(top + top // 2 - len(self._known), bool)]
        self._known[sids] = True

    def _all_known(self, sids: Rows) -> bool:
        return len(sids) == 0 or (int(sids.max()) < len(self._known) and bool(self._known[sids].all()))

    def _known_among(self, sids: Rows) -> NDArray[np.bool_]:
        known = np.zeros(len(sids), bool)
        inside = sids < len(self._known)
        known[inside] = self._known[sids[inside]]
        return known

    def _shape(self, payload: memoryview) -> None:
        number, shape, sids = records.decode_shape(payload)
        if not self._all_known(sids):
            self._shapes.pop(number, None)
            self.left_out += 1
            return
        group = self.head.group_numbered(number)
        self._place_rows(group)
        group.adopt(sids, self._layouts.get(number, self.head.next_layout))
        group.shape = shape
        self._shapes[number] = shape

    def _row(self, payload: memoryview) -> None:
        number, shape, timestamp_ms = records.row_head(payload)
        group = self.head.groups.get(number)
        if group is None or self._shapes.get(number) != shape or len(payload) != records.row_size(len(group.sids)):
            self.left_out += 1
            return
        waiting, layout = self._rows.get(group), group.layout
        assert layout is not None  # it has a shape
        if timestamp_ms <= layout.sealed_until or timestamp_ms < self.head.flushed_until:
            if waiting:
                self._place_rows(group)
            group.skip(timestamp_ms)
        elif timestamp_ms > (waiting[-1][0] if waiting else layout.newest):
            self.samples += len(group.sids)
            row = (timestamp_ms, records.row_values(payload))
            if waiting:
                waiting.append(row)
            else:
                self._rows[group] = [row]

    def _place_rows(self, group: HeadGroup) -> None:
        """Rows of one shape, all that have come, at once."""
        rows = self._rows.pop(group, None)
        if rows:
            self.head.replay_rows(group, [timestamp_ms for timestamp_ms, _ in rows], [values for _, values in rows])

    def _samples(self, sids: Rows, timestamps: Timestamps, values: Values) -> None:
        if not self._all_known(sids):
            known = self._known_among(sids)
            self.left_out += 1
            sids, timestamps, values = sids[known], timestamps[known], values[known]
        if len(sids):
            self.samples += len(sids)
            self.head.replay_samples(sids, timestamps, values)
