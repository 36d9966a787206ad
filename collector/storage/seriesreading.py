"""Asking the catalogue of series: labels by number, numbers by labels."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from collector.storage.columns import Column, ranges
from collector.storage.interface import Rows
from collector.storage.postings import NamePostings
from collector.storage.search import Search
from collector.storage.symbols import LabelTable, Symbols
from pharos.labels import Labels
from pharos.matchers import Matcher


class SeriesReading:
    """The columns of a `SeriesTable` for those who only read."""

    def __init__(self) -> None:
        self.symbols = Symbols()
        self._keyset: Column[np.int32] = Column(np.int32)
        self._start: Column[np.int64] = Column(np.int64)
        self._codes: Column[np.int32] = Column(np.int32)
        self._keyset_names: list[tuple[str, ...]] = []
        self._places: dict[str, NDArray[np.int64]] = {}
        self._postings: dict[str, NamePostings] = {}
        self._search = Search(self)
        self.entered = 0  # how often series came

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
        if len(sids) and (keysets == keysets[0]).all():
            own = self._keyset_names[keysets[0]]  # sorted
            return LabelTable(self.symbols, own, codes[starts[:, None] + np.arange(len(own))])
        used = np.unique(keysets).tolist()
        names = sorted({name for keyset in used for name in self._keyset_names[keyset]})
        place = {name: column for column, name in enumerate(names)}
        out = np.zeros((len(sids), len(names)), np.int32)
        for keyset in used:
            rows = np.flatnonzero(keysets == keyset)
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
        """The series that satisfy every matcher, ascending; not to be changed."""
        return self._search.match(matchers)

    def match_at_once(self, matchers: Sequence[Matcher]) -> Rows | None:
        """As `match`, if that takes no time worth mentioning; else None."""
        return self._search.match_at_once(matchers)

    def value_count(self, name: str) -> int:
        """About how many values a label has; without a name how many labels there are."""
        if not name:
            return len(self._postings)
        postings = self._postings.get(name)
        return 0 if postings is None else postings.value_count()

    def postings_of(self, name: str) -> NamePostings | None:
        """The inverted index of one label; None when no series has it."""
        return self._postings.get(name)

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
        return sorted(filter(None, self.symbols.texts(codes.tolist())))

    def postings(self) -> dict[str, NamePostings]:
        """The inverted index, for statistics."""
        return dict(self._postings)
