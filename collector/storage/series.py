"""All series the storage knows, as columns: a number (sid) for each label set, and back.

A series is a key set (its label names, shared by many series) and one value code per name. Looking up a label set hashes its codes; an
exact comparison follows, so a hash collision costs time, never correctness.

keyset[S]  int32     which names; -1: a number that is not in use
start[S]   int64     where the series' value codes begin in `codes`
codes[...] int32     value codes, in the order of the key set's names
"""

import threading
from collections.abc import Iterable, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from collector.storage.columns import Column, ranges
from collector.storage.interface import Rows
from collector.storage.postings import NamePostings
from collector.storage.search import Search
from collector.storage.serieshashes import SeriesHashes, hash_series
from collector.storage.seriesreading import SeriesReading
from collector.storage.symbols import Symbols
from pharos.labels import LabelSet


class _Frozen:
    """A column that is there already, in a file."""

    __slots__ = ("_data",)

    def __init__(self, data: NDArray[Any]) -> None:
        self._data = data

    def __len__(self) -> int:
        return len(self._data)

    def view(self) -> NDArray[Any]:
        return self._data


class SeriesTable(SeriesReading):
    """The catalogue of series. `resolve` and `restore` write (under a lock); everything else only reads and needs none."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.RLock()
        self._keysets: dict[tuple[str, ...], int] = {}
        self._hashes = SeriesHashes()
        self._free: NDArray[np.int64] = np.empty(0, np.int64)  # numbers to use again, ascending

    @classmethod
    def frozen(
        cls,
        symbols: Symbols,
        keyset_names: list[tuple[str, ...]],
        keyset: NDArray[Any],
        start: NDArray[Any],
        codes: NDArray[Any],
        postings: dict[str, NamePostings],
    ) -> "SeriesTable":
        """A table over arrays in a file; it can only be read."""
        table = cls()
        table.symbols = symbols
        table._keyset_names = keyset_names
        table._keyset, table._start, table._codes = (cast(Any, _Frozen(data)) for data in (keyset, start, codes))
        table._postings = postings
        return table

    # -- writing -------------------------------------------------------------------------------------------------------

    def resolve(self, series: Sequence[LabelSet]) -> Rows:
        """The numbers of label sets; unknown ones get a new number. Label sets are sorted and without empty values."""
        with self._lock:
            keyset_of = self._keyset_of
            keysets = [keyset_of(tuple([name for name, _ in labels])) for labels in series]
            codes = self.symbols.intern_all([value for labels in series for _, value in labels])
            return self.resolve_codes(np.array(keysets, np.int32), np.array(codes, np.int32))

    def keyset(self, names: tuple[str, ...]) -> int:
        """The number of a tuple of sorted label names."""
        with self._lock:
            return self._keyset_of(names)

    def _keyset_of(self, names: tuple[str, ...]) -> int:
        known = self._keysets.get(names)
        if known is None:
            known = len(self._keyset_names)
            self._keyset_names.append(names)
            self._keysets[names] = known
        return known

    def intern_all(self, texts: Iterable[str]) -> list[int]:
        """The numbers of texts."""
        with self._lock:
            return self.symbols.intern_all(texts)

    def resolve_codes(self, keysets: NDArray[np.int32], codes: NDArray[np.int32]) -> Rows:
        """As `resolve`, for series given as key sets and value codes one after the other."""
        with self._lock:
            lengths = self._lengths(keysets)
            starts = np.cumsum(lengths) - lengths
            hashes = hash_series(keysets, starts, lengths, codes)
            found = self._find(hashes, keysets, starts, lengths, codes)
            missing = np.flatnonzero(found < 0)
            if len(missing):
                found[missing] = self._create(missing, hashes, keysets, starts, lengths, codes)
            return found

    def find_all(self, other: "SeriesTable") -> Rows:
        """The numbers of all series of another table; -1 for those that are not here."""
        keysets, codes = other.raw(np.arange(len(other)))
        lengths = other._lengths(keysets)
        starts = np.cumsum(lengths) - lengths
        sets = np.array([self._keysets.get(names, -1) for names in other._keyset_names] or [-1], np.int32)[keysets]
        texts = [self.symbols.find(other.symbols.text(code)) for code in range(len(other.symbols))]
        mine = np.array([-1 if code is None else code for code in texts], np.int32)[codes]
        with self._lock:
            return self._find(hash_series(sets, starts, lengths, mine), sets, starts, lengths, mine)

    def restore(self, sids: Rows, keysets: NDArray[np.int32], codes: NDArray[np.int32]) -> None:
        """Series that had these numbers in an earlier life. Numbers already in use are left as they are; of equal ones the first counts."""
        with self._lock:
            lengths = self._lengths(keysets)
            starts = np.cumsum(lengths) - lengths
            top = int(sids.max(initial=-1)) + 1
            self._keyset.fill_to(top, -1)
            self._start.fill_to(top, 0)
            fresh = np.unique(sids, return_index=True)[1]
            fresh = fresh[self._keyset.view()[sids[fresh]] < 0]
            if len(fresh):
                hashes = hash_series(keysets, starts, lengths, codes)
                self._enter(sids[fresh], hashes[fresh], keysets[fresh], starts[fresh], lengths[fresh], codes)

    def release(self, gone: Rows, *, free: bool) -> None:
        """Forget series, and the texts that no other series has. free: all numbers not in use may be used again. Nobody may read meanwhile
        or rely on numbers of key sets and texts."""
        with self._lock:
            self._keyset.view()[gone] = -1
            used = self.in_use()
            kept = np.flatnonzero(used)
            keysets, codes = self.raw(kept)
            self._keep_keysets(keysets)
            keysets = self._keyset.view()[kept]
            renumbered = self._keep_texts(codes)
            self._codes, codes = Column(np.int32, len(codes)), renumbered[codes]
            self._codes.extend(codes)
            lengths = self._lengths(keysets)
            starts = np.cumsum(lengths) - lengths
            self._start.view()[kept] = starts
            self._hashes = SeriesHashes()
            self._hashes.remember(kept, hash_series(keysets, starts, lengths, codes), keysets, lengths, codes)
            self._postings = {name: own for name, own in self._postings.items() if own.keep(used, renumbered)}
            self._places = {}
            self._search = Search(self)
            self._free = np.flatnonzero(~used) if free else np.empty(0, np.int64)

    def _keep_keysets(self, used: NDArray[np.int32]) -> None:
        numbers = np.unique(used)
        renumbered = np.full(len(self._keyset_names) + 1, -1, np.int32)  # the last one is for -1
        renumbered[numbers] = np.arange(len(numbers))
        self._keyset.view()[:] = renumbered[self._keyset.view()]
        self._keyset_names = [self._keyset_names[number] for number in numbers.tolist()]
        self._keysets = {names: number for number, names in enumerate(self._keyset_names)}

    def _keep_texts(self, used: NDArray[np.int32]) -> NDArray[np.int32]:
        """New numbers of the texts; those who have the old table of texts keep it. Order stays, which postings rely on."""
        wanted = np.zeros(len(self.symbols), bool)
        wanted[used] = wanted[0] = True
        self.symbols = self.symbols.only(np.flatnonzero(wanted).tolist())
        return np.asarray(np.cumsum(wanted) - 1, np.int32)

    def knows(self, sids: Rows) -> bool:
        """Whether all these numbers are in use."""
        return not len(sids) or (int(sids.max()) < len(self._keyset) and bool((self._keyset.view()[sids] >= 0).all()))

    def _find(
        self,
        hashes: NDArray[np.uint64],
        keysets: NDArray[np.int32],
        starts: NDArray[np.int64],
        lengths: NDArray[np.int64],
        codes: NDArray[np.int32],
    ) -> Rows:
        found = self._hashes.candidates(hashes)
        self._verify(found, keysets, starts, lengths, codes)
        return found

    def _verify(
        self,
        found: Rows,
        keysets: NDArray[np.int32],
        starts: NDArray[np.int64],
        lengths: NDArray[np.int64],
        codes: NDArray[np.int32],
    ) -> None:
        hits = np.flatnonzero(found >= 0)
        if not len(hits):
            return
        sids = found[hits]
        same = self._keyset.view()[sids] == keysets[hits]
        hits, sids = hits[same], sids[same]
        mine = codes[ranges(starts[hits], lengths[hits])]
        theirs = self._codes.view()[ranges(self._start.view()[sids], lengths[hits])]
        wrong = np.zeros(len(found), bool)
        wrong[np.flatnonzero(found >= 0)[~same]] = True
        differs = np.repeat(hits, lengths[hits])[mine != theirs]
        wrong[differs] = True
        for index in np.flatnonzero(wrong).tolist():
            own = codes[starts[index] : starts[index] + lengths[index]].tobytes()
            found[index] = self._hashes.collided(int(keysets[index]), own)

    def _create(
        self,
        missing: NDArray[np.int64],
        hashes: NDArray[np.uint64],
        keysets: NDArray[np.int32],
        starts: NDArray[np.int64],
        lengths: NDArray[np.int64],
        codes: NDArray[np.int32],
    ) -> Rows:
        """Numbers for series that are not known; the same series may be there twice."""
        if len(set(hashes[missing].tolist())) == len(missing):  # as usual: they differ
            sids = self._new_numbers(len(missing))
            self._enter(sids, hashes[missing], keysets[missing], starts[missing], lengths[missing], codes)
            return sids
        seen: dict[tuple[int, bytes], int] = {}
        fresh: list[int] = []
        out = np.empty(len(missing), np.int64)
        blob, width = codes.tobytes(), codes.itemsize
        begins, sizes, names = starts[missing].tolist(), lengths[missing].tolist(), keysets[missing].tolist()
        for index, (begin, size, keyset) in enumerate(zip(begins, sizes, names, strict=True)):
            key = (keyset, blob[begin * width : (begin + size) * width])
            number = seen.get(key)
            if number is None:
                number = seen[key] = len(fresh)
                fresh.append(int(missing[index]))
            out[index] = number
        chosen = np.array(fresh, np.int64)
        sids = self._new_numbers(len(fresh))
        self._enter(sids, hashes[chosen], keysets[chosen], starts[chosen], lengths[chosen], codes)
        return sids[out]

    def _new_numbers(self, count: int) -> Rows:
        again, self._free = self._free[:count], self._free[count:]
        base = len(self._start)
        more = count - len(again)
        self._keyset.fill_to(base + more, -1)
        self._start.fill_to(base + more, 0)
        return np.concatenate([again, np.arange(base, base + more, dtype=np.int64)])

    def _enter(
        self,
        sids: Rows,
        hashes: NDArray[np.uint64],
        keysets: NDArray[np.int32],
        starts: NDArray[np.int64],
        lengths: NDArray[np.int64],
        codes: NDArray[np.int32],
    ) -> None:
        own = codes[ranges(starts, lengths)]
        begins = len(self._codes) + np.cumsum(lengths) - lengths
        self._codes.extend(own)
        self._start.view()[sids] = begins
        self._keyset.view()[sids] = keysets
        self._hashes.remember(sids, hashes, keysets, lengths, own)
        offsets = np.cumsum(lengths) - lengths
        for keyset in np.unique(keysets).tolist():
            rows = np.flatnonzero(keysets == keyset)
            for column, name in enumerate(self._keyset_names[keyset]):
                postings = self._postings.get(name)
                if postings is None:
                    postings = self._postings.setdefault(name, NamePostings())
                postings.add(own[offsets[rows] + column], sids[rows].astype(np.int32))
        self.entered += 1
