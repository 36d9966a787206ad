"""Asking the catalogue of series: labels by number, numbers by labels."""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from collector.storage.columns import Column, ranges
from collector.storage.interface import Rows
from collector.storage.postings import NamePostings
from collector.storage.symbols import LabelTable, Symbols
from pharos.labels import Labels
from pharos.matchers import Matcher, MatchOp

_REMEMBERED: Final = 64  # regular expressions and what they select


class SeriesReading:
    """The columns of a `SeriesTable` for those who only read."""

    def __init__(self) -> None:
        self.symbols = Symbols()
        self._keyset: Column[np.int32] = Column(np.int32)
        self._start: Column[np.int64] = Column(np.int64)
        self._codes: Column[np.int32] = Column(np.int32)
        self._keyset_names: list[tuple[str, ...]] = []
        self._places: dict[str, NDArray[np.int64]] = {}
        self._passed: dict[Matcher, tuple[NDArray[np.int32], NDArray[np.int32]]] = {}
        self._postings: dict[str, NamePostings] = {}

    def __len__(self) -> int:
        return len(self._start)

    def in_use(self) -> NDArray[np.bool_]:
        """By number: whether it stands for a series."""
        return np.asarray(self._keyset.view() >= 0)

    @property
    def used(self) -> int:
        """How many series there are."""
        return int(np.count_nonzero(self.in_use()))

    def _lengths(self, keysets: NDArray[np.int32]) -> NDArray[np.int64]:
        sizes = np.array([len(names) for names in self._keyset_names] or [0], np.int64)
        return sizes[keysets] if len(keysets) else np.empty(0, np.int64)

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
