"""All series the storage knows, as columns: a number (sid) for each label set, and back.

A series is a key set (its label names, shared by many series) and one value code per name. Looking up a label set hashes its codes; an
exact comparison follows, so a hash collision costs time, never correctness.

keyset[S]  int32     which names; -1: a number that is not in use
start[S]   int64     where the series' value codes begin in `codes`
codes[...] int32     value codes, in the order of the key set's names
"""

import threading
from collections.abc import Iterable, Sequence
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from collector.storage.columns import Column, ranges
from collector.storage.interface import Rows
from collector.storage.postings import NamePostings
from collector.storage.serieshashes import SeriesHashes, hash_series
from collector.storage.symbols import LabelTable, Symbols
from pharos.labels import Labels, LabelSet
from pharos.matchers import Matcher, MatchOp

_REMEMBERED: Final = 64  # regular expressions and what they select


class _Frozen:
    """A column that is there already, in a file."""

    __slots__ = ("_data",)

    def __init__(self, data: NDArray[Any]) -> None:
        self._data = data

    def __len__(self) -> int:
        return len(self._data)

    def view(self) -> NDArray[Any]:
        return self._data


class SeriesTable:
    """The catalogue of series. `resolve` and `restore` write (under a lock); everything else only reads and needs none."""

    def __init__(self) -> None:
        self.symbols = Symbols()
        self._lock = threading.RLock()
        self._keyset: Column[np.int32] = Column(np.int32)
        self._start: Column[np.int64] = Column(np.int64)
        self._codes: Column[np.int32] = Column(np.int32)
        self._keysets: dict[tuple[str, ...], int] = {}
        self._keyset_names: list[tuple[str, ...]] = []
        self._places: dict[str, NDArray[np.int64]] = {}
        self._passed: dict[Matcher, tuple[NDArray[np.int32], NDArray[np.int32]]] = {}
        self._postings: dict[str, NamePostings] = {}
        self._hashes = SeriesHashes()

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

    def __len__(self) -> int:
        return len(self._start)

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

    def restore(self, sids: Rows, keysets: NDArray[np.int32], codes: NDArray[np.int32]) -> None:
        """Series that had these numbers in an earlier life. Numbers already in use are left as they are."""
        with self._lock:
            lengths = self._lengths(keysets)
            starts = np.cumsum(lengths) - lengths
            top = int(sids.max(initial=-1)) + 1
            self._keyset.fill_to(top, -1)
            self._start.fill_to(top, 0)
            fresh = np.flatnonzero(self._keyset.view()[sids] < 0)
            if len(fresh):
                hashes = hash_series(keysets, starts, lengths, codes)
                self._enter(sids[fresh], hashes[fresh], keysets[fresh], starts[fresh], lengths[fresh], codes)

    def knows(self, sids: Rows) -> bool:
        """Whether all these numbers are in use."""
        return not len(sids) or (int(sids.max()) < len(self._keyset) and bool((self._keyset.view()[sids] >= 0).all()))

    def _lengths(self, keysets: NDArray[np.int32]) -> NDArray[np.int64]:
        sizes = np.array([len(names) for names in self._keyset_names] or [0], np.int64)
        return sizes[keysets] if len(keysets) else np.empty(0, np.int64)

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
        seen: dict[tuple[int, bytes], int] = {}
        fresh: list[int] = []
        out = np.empty(len(missing), np.int64)
        base = len(self._start)
        blob, width = codes.tobytes(), codes.itemsize
        begins, sizes, names = starts[missing].tolist(), lengths[missing].tolist(), keysets[missing].tolist()
        for index, (begin, size, keyset) in enumerate(zip(begins, sizes, names, strict=True)):
            key = (keyset, blob[begin * width : (begin + size) * width])
            number = seen.get(key)
            if number is None:
                number = seen[key] = base + len(fresh)
                fresh.append(int(missing[index]))
            out[index] = number
        chosen = np.array(fresh, np.int64)
        sids = np.arange(base, base + len(fresh), dtype=np.int64)
        self._keyset.fill_to(base + len(fresh), -1)
        self._start.fill_to(base + len(fresh), 0)
        self._enter(sids, hashes[chosen], keysets[chosen], starts[chosen], lengths[chosen], codes)
        return out

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

    # -- reading -------------------------------------------------------------------------------------------------------

    def table(self, sids: Rows) -> LabelTable:
        """The labels of series as columns."""
        keysets, starts, codes = self._keyset.view()[sids], self._start.view()[sids], self._codes.view()
        used = np.unique(keysets).tolist()
        names = sorted({name for keyset in used for name in self._keyset_names[keyset]})
        place = {name: column for column, name in enumerate(names)}
        out = np.zeros((len(sids), len(names)), np.int32)
        for keyset in used:
            rows = slice(None) if len(used) == 1 else np.flatnonzero(keysets == keyset)
            begin = starts[rows]
            for column, name in enumerate(self._keyset_names[keyset]):
                out[rows, place[name]] = codes[begin + column]
        return LabelTable(self.symbols, tuple(names), out)

    def raw(self, sids: Rows) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Key sets and value codes (one after the other) of series, as `resolve_codes` and `restore` take them."""
        keysets = self._keyset.view()[sids]
        return keysets, self._codes.view()[ranges(self._start.view()[sids], self._lengths(keysets))]

    def keyset_names(self, keyset: int) -> tuple[str, ...]:
        return self._keyset_names[keyset]

    def labels(self, sid: int) -> Labels:
        names = self._keyset_names[int(self._keyset.view()[sid])]
        start = int(self._start.view()[sid])
        codes = self._codes.view()[start : start + len(names)].tolist()
        return {name: self.symbols.text(code) for name, code in zip(names, codes, strict=True)}

    def values_of(self, name: str, sids: Rows) -> NDArray[np.int32]:
        """The value code of one label for series; 0 where a series lacks it."""
        codes = self._codes.view()
        if not len(codes):
            return np.zeros(len(sids), np.int32)
        keysets = self._keyset.view()[sids]  # before the places: a key set may be added meanwhile
        place = self._places_of(name)[keysets]
        start = self._start.view()[sids]
        return np.where(place >= 0, codes[np.minimum(start + place, len(codes) - 1)], 0).astype(np.int32)

    def _places_of(self, name: str) -> NDArray[np.int64]:
        """Where each key set has a name; -1 where it has not."""
        known = self._keyset_names
        places = self._places.get(name)
        if places is None or len(places) < len(known):
            places = np.array([names.index(name) if name in names else -1 for names in known], np.int64)
            self._places[name] = places
        return places

    def match(self, matchers: Sequence[Matcher]) -> Rows:
        """The series that satisfy every matcher, ascending."""
        total = len(self)
        plans: list[tuple[int, int, Matcher, NamePostings, NDArray[np.int32]]] = []
        for matcher in matchers:
            if not matcher.matches_value(""):
                wanted = self._wanted(matcher)
                postings = self._postings.get(matcher.name)
                if postings is None or not len(wanted):
                    return np.empty(0, np.int64)
                plans.append((postings.size_of(wanted), len(plans), matcher, postings, wanted))
        if plans:
            _, _, first, postings, wanted = min(plans)
            found = np.sort(postings.of(wanted).astype(np.int64))
            found = found[found < total]
            rest = [matcher for matcher in matchers if matcher is not first]
        else:
            found = np.flatnonzero(self._keyset.view()[:total] >= 0)
            rest = list(matchers)
        for matcher in rest:
            if not len(found):
                break
            found = found[self._satisfies(matcher, self.values_of(matcher.name, found))]
        return found

    def _wanted(self, matcher: Matcher) -> NDArray[np.int32]:
        """Value codes that satisfy a matcher which the empty value does not."""
        if matcher.op is MatchOp.EQUAL:
            literals: Iterable[str] = (matcher.value,)
        elif matcher.op is MatchOp.REGEX and matcher.regex is not None and matcher.regex.literals is not None:
            literals = matcher.regex.literals
        else:
            postings = self._postings.get(matcher.name)
            codes = postings.values() if postings is not None else np.empty(0, np.int32)
            return self._passing(matcher, codes)
        known = {self.symbols.find(text) for text in literals}
        return np.array(sorted(code for code in known if code), np.int32)

    def _passing(self, matcher: Matcher, codes: NDArray[np.int32]) -> NDArray[np.int32]:
        """Of all the value codes of a label those that pass. Remembered: a dashboard asks the same every few seconds."""
        known = self._passed.get(matcher)
        if known is None or not np.array_equal(known[0], codes):
            if len(self._passed) >= _REMEMBERED:
                self._passed.clear()
            known = self._passed[matcher] = (codes, codes[self._test(matcher, codes)])
        return known[1]

    def _satisfies(self, matcher: Matcher, codes: NDArray[np.int32]) -> NDArray[np.bool_]:
        if matcher.op in (MatchOp.EQUAL, MatchOp.NOT_EQUAL):
            code = self.symbols.find(matcher.value)
            same = codes == (-1 if code is None else code)
            return np.asarray(~same if matcher.negative else same)
        distinct, inverse = np.unique(codes, return_inverse=True)
        return np.asarray(self._test(matcher, distinct)[inverse])

    def _test(self, matcher: Matcher, codes: NDArray[np.int32]) -> NDArray[np.bool_]:
        text, matches = self.symbols.text, matcher.matches_value
        return np.fromiter((matches(text(code)) for code in codes.tolist()), bool, len(codes))

    def names_of(self, sids: Rows | None = None) -> list[str]:
        """Label names of some series, or of all; sorted."""
        if sids is None:
            return sorted(self._postings)
        used = np.unique(self._keyset.view()[sids]).tolist()
        return sorted({name for keyset in used if keyset >= 0 for name in self._keyset_names[keyset]})

    def texts_of(self, name: str, sids: Rows | None = None) -> list[str]:
        """Values of a label, sorted."""
        postings = self._postings.get(name)
        if postings is None:
            return []
        codes = postings.values() if sids is None else np.unique(self.values_of(name, sids))
        return sorted(self.symbols.text(code) for code in codes.tolist() if code)

    def postings(self) -> dict[str, NamePostings]:
        """The inverted index, for statistics."""
        return dict(self._postings)
