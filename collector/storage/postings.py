"""Which series carry which label value: one inverted index per label name, in plain sorted arrays.

Measured against roaring bitmaps: a bitmap object per value costs 200-300 bytes, which a label with one series a value (pod, id, path)
pays for every series; sorted arrays cost 4 bytes a series and label, and matchers after the first are answered by looking at the
candidates' own codes. See docs/adr.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from collector.storage.columns import Column, ranges

_TAIL_MIN = 8192


class NamePostings:
    """The series of every value of one label name.

    Sorted main part (series ids by value code) and an unsorted tail that is merged in when it has grown; `_state` is replaced as a
    whole, so a reader never sees half a merge.
    """

    __slots__ = ("_state",)

    def __init__(self) -> None:
        empty = np.empty(0, np.int32)
        self._state: tuple[NDArray[Any], NDArray[Any], NDArray[Any], Column[Any], Column[Any]] = (
            empty,
            np.zeros(1, np.int64),
            empty,
            Column(np.int32),
            Column(np.int32),
        )

    @classmethod
    def frozen(cls, values: NDArray[Any], offsets: NDArray[Any], members: NDArray[Any]) -> "NamePostings":
        """Postings out of a file."""
        postings = cls()
        postings._state = (values, offsets, members, Column(np.int32, 0), Column(np.int32, 0))
        return postings

    def add(self, codes: NDArray[np.int32], series: NDArray[np.int32]) -> None:
        """Series that carry these value codes; one writer."""
        values, _, _, tail_codes, tail_series = self._state
        tail_codes.extend(codes)
        tail_series.extend(series)
        if len(tail_series) > max(_TAIL_MIN, len(self._state[2]) // 4) or len(values) == 0:
            self._merge()

    def _merge(self) -> None:
        self._arrange(*self._pairs())

    def _pairs(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """Value codes and series, main part and tail."""
        values, offsets, members, tail_codes, tail_series = self._state
        codes = np.concatenate([np.repeat(values, np.diff(offsets)), tail_codes.view()])
        return codes, np.concatenate([members, tail_series.view()])

    def _arrange(self, codes: NDArray[Any], members: NDArray[Any]) -> None:
        order = np.argsort(codes, kind="stable")
        codes = codes[order]
        starts = np.flatnonzero(np.r_[True, codes[1:] != codes[:-1]]) if len(codes) else np.empty(0, np.int64)
        self._state = (
            codes[starts],
            np.r_[starts, len(codes)].astype(np.int64),
            members[order],
            Column(np.int32),
            Column(np.int32),
        )

    def keep(self, kept: NDArray[np.bool_], renumbered: NDArray[np.int32]) -> bool:
        """Drop the series that are not kept and give value codes their new numbers; whether anything is left."""
        codes, members = self._pairs()
        mine = kept[members]
        self._arrange(renumbered[codes[mine]], members[mine])
        return bool(mine.any())

    def of(self, wanted: NDArray[np.int32]) -> NDArray[np.int32]:
        """The series with any of the (distinct) value codes, ascending in no particular order."""
        values, offsets, members, tail_codes, tail_series = self._state
        if len(wanted) == 1:
            at = int(values.searchsorted(wanted)[0])
            known = at < len(values) and values[at] == wanted[0]
            found = members[offsets[at] : offsets[at + 1]] if known else members[:0]
        else:
            place = np.searchsorted(values, wanted)
            inside = place < len(values)
            place = place[inside]
            place = place[values[place] == wanted[inside]]
            found = members[ranges(offsets[place], offsets[place + 1] - offsets[place])]
        tail = tail_series.view()
        if len(tail):
            codes = tail_codes.view()
            size = min(len(codes), len(tail))
            hit = np.isin(codes[:size], wanted) if len(wanted) > 1 else codes[:size] == wanted
            found = np.concatenate([found, tail[:size][hit]])
        return found

    def size_of(self, wanted: NDArray[np.int32]) -> int:
        """About how many series `of` would give."""
        values, offsets, _, _, tail_series = self._state
        place = values.searchsorted(wanted)
        place = place[place < len(values)]
        return int((offsets[place + 1] - offsets[place]).sum()) + len(tail_series)

    def value_count(self) -> int:
        """How many values there are, or a few more."""
        values, _, _, tail_codes, _ = self._state
        return len(values) + len(tail_codes)

    def values(self) -> NDArray[np.int32]:
        """All value codes in use."""
        values, _, _, tail_codes, _ = self._state
        tail = tail_codes.view()
        return values if not len(tail) else np.union1d(values, tail).astype(np.int32)

    def counts(self, alive: NDArray[np.bool_]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Value codes and how many series that are alive (by number) each has."""
        codes, members = self._pairs()
        known = members < len(alive)
        found, count = np.unique(codes[known][alive[members[known]]], return_counts=True)
        return found.astype(np.int32), count

    @property
    def nbytes(self) -> int:
        return sum(int(part.nbytes) for part in self._state)
