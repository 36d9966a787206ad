"""Deleted time ranges of series, kept until the data itself is rewritten without them."""

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray

from collector.storage.interface import Rows, Timestamps
from collector.storage.wal import sync_folder


class Tombstones:
    """Closed intervals [min, max] in milliseconds by series number."""

    def __init__(self) -> None:
        self._intervals: dict[int, list[tuple[int, int]]] = {}
        self._sids: NDArray[np.int64] = np.empty(0, np.int64)

    def __len__(self) -> int:
        return len(self._intervals)

    def add(self, sids: Rows, min_ms: int, max_ms: int) -> None:
        for sid in sids.tolist():
            self._intervals[sid] = merge_intervals([*self._intervals.get(sid, []), (min_ms, max_ms)])
        self._sids = np.union1d(self._sids, sids)

    def sids(self) -> NDArray[np.int64]:
        """The series with deletions."""
        return self._sids

    def among(self, sids: Rows) -> NDArray[np.int64]:
        """Positions in `sids` of series with deletions."""
        return np.flatnonzero(np.isin(sids, self._sids)) if len(self._sids) else np.empty(0, np.int64)

    def holds(self, sids: Rows) -> NDArray[np.bool_]:
        """Which series have any."""
        return np.asarray(np.isin(sids, self._sids))

    def mask(self, sid: int, times: Timestamps) -> NDArray[np.bool_]:
        """Which times are deleted."""
        out = np.zeros(len(times), bool)
        for low, high in self._intervals.get(sid, ()):
            out |= (times >= low) & (times <= high)
        return out

    def items(self) -> Iterable[tuple[int, list[tuple[int, int]]]]:
        return list(self._intervals.items())

    def clear(self) -> None:
        self._intervals = {}
        self._sids = np.empty(0, np.int64)

    def forget_before(self, time_ms: int) -> None:
        """Drop what lies wholly before a time: the data is in blocks, which know their own."""
        kept = {sid: [pair for pair in pairs if pair[1] >= time_ms] for sid, pairs in self._intervals.items()}
        self._intervals = {sid: pairs for sid, pairs in kept.items() if pairs}
        self._sids = np.array(sorted(self._intervals), np.int64)


def merge_intervals(intervals: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same set as disjoint, ascending intervals."""
    out: list[tuple[int, int]] = []
    for low, high in sorted(intervals):
        if out and low <= out[-1][1] + 1:
            out[-1] = (out[-1][0], max(out[-1][1], high))
        else:
            out.append((low, high))
    return out


def read_tombstones(folder: Path) -> Tombstones:
    """The deletions of a block; `tombstones.json` holds `[[series, [[min, max], ...]], ...]`."""
    out = Tombstones()
    path = folder / "tombstones.json"
    if path.exists():
        for sid, intervals in orjson.loads(path.read_bytes()):
            for low, high in intervals:
                out.add(np.array([sid]), low, high)
    return out


def write_tombstones(folder: Path, tombstones: Tombstones) -> None:
    """Replace a block's file of deletions, durably."""
    temporary = folder / "tombstones.tmp"
    with temporary.open("wb") as file:
        file.write(orjson.dumps(list(tombstones.items())))
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(folder / "tombstones.json")
    sync_folder(folder)
