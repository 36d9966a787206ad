"""Finds series by 64-bit hashes of their key set and codes: a sorted array, with a dictionary before it for those that came last."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from collector.storage.interface import Rows

_PRIME = np.uint64(0x9E3779B97F4A7C15)
_PENDING_MAX = 16384


class SeriesHashes:
    """Which series a hash may stand for. Two series with one hash: the later one is found by its key set and codes."""

    def __init__(self) -> None:
        self._hashes: NDArray[np.uint64] = np.empty(0, np.uint64)
        self._owners: NDArray[np.int32] = np.empty(0, np.int32)
        self._pending: dict[int, int] = {}
        self._collisions: dict[tuple[int, bytes], int] = {}

    def candidates(self, hashes: NDArray[np.uint64]) -> Rows:
        """The first series with each hash, -1: none."""
        found = np.full(len(hashes), -1, np.int64)
        if len(self._hashes):
            place = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
            hit = self._hashes[place] == hashes
            found[hit] = self._owners[place[hit]]
        if self._pending:
            get = self._pending.get
            pending = np.array([get(value, -1) for value in hashes.tolist()], np.int64)
            found = np.where(found < 0, pending, found)
        return found

    def collided(self, keyset: int, codes: bytes) -> int:
        """A series whose hash another one had before; -1: none."""
        return self._collisions.get((keyset, codes), -1)

    def remember(
        self,
        sids: Rows,
        hashes: NDArray[np.uint64],
        keysets: NDArray[np.int32],
        lengths: NDArray[np.int64],
        own: NDArray[np.int32],
    ) -> None:
        """Enter new series; `own` holds their codes one after the other."""
        pending = self._pending
        if len(sids) + len(pending) > _PENDING_MAX:
            merged = np.concatenate([self._hashes, np.fromiter(pending, np.uint64, len(pending)), hashes])
            owners = np.concatenate([self._owners, np.fromiter(pending.values(), np.int32, len(pending)), sids])
            self._hashes, first = np.unique(merged, return_index=True)
            self._owners = owners[first].astype(np.int32)
            self._pending = {}
            if len(first) == len(merged):
                return
            doubled = np.ones(len(merged), bool)
            doubled[first] = False
            lost = np.flatnonzero(doubled) - (len(merged) - len(sids))
            starts = np.cumsum(lengths) - lengths
            for index in lost[lost >= 0].tolist():
                key = (int(keysets[index]), own[starts[index] : starts[index] + lengths[index]].tobytes())
                self._collisions[key] = int(sids[index])
            return
        taken = np.zeros(len(hashes), bool)
        if len(self._hashes):
            place = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
            taken = self._hashes[place] == hashes
        owners = sids.tolist()
        for index, value in enumerate(hashes.tolist()):
            if taken[index] or pending.setdefault(value, owners[index]) != owners[index]:
                begin = int(lengths[:index].sum())
                key = (int(keysets[index]), own[begin : begin + int(lengths[index])].tobytes())
                self._collisions[key] = owners[index]


def hash_series(
    keysets: NDArray[np.int32],
    starts: NDArray[np.int64],
    lengths: NDArray[np.int64],
    codes: NDArray[np.int32],
) -> NDArray[np.uint64]:
    """64-bit hashes of series: a sum over positions of mixed (position, code), so that it is one pass without a loop over series."""
    position = (
        np.arange(len(codes), dtype=np.int64) - np.repeat(starts, lengths) if len(codes) else np.empty(0, np.int64)
    )
    mixed: NDArray[Any] = (
        codes.astype(np.uint64) + (position.astype(np.uint64) << np.uint64(32)) + np.uint64(1)
    ) * _PRIME
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(32)
    sums = np.r_[np.uint64(0), np.cumsum(mixed, dtype=np.uint64)]
    out: NDArray[np.uint64] = sums[starts + lengths] - sums[starts]
    out += keysets.astype(np.uint64) * _PRIME
    out ^= out >> np.uint64(31)
    out *= np.uint64(0x94D049BB133111EB)
    return out
