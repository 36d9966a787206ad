"""What each series of an answer begins with: its labels as JSON. Names are written once, values once each."""

from collections.abc import Iterable
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from collector.api.envelope import dump
from collector.storage.symbols import LabelTable, Symbols

_FEW: Final = 4  # rows for which columns are not worth while


class SeriesHeads:
    """Heads of the rows of a table; all but the first begin with the comma that parts them from the series before."""

    def __init__(self, table: LabelTable) -> None:
        self._codes, self._symbols = table.codes, table.symbols
        self._names = sorted(zip(table.names, range(len(table.names)), strict=True))

    def of(self, rows: slice) -> list[bytes]:
        """The heads of some rows."""
        codes = self._codes[rows]
        labels = self._one_by_one(codes) if len(codes) <= _FEW else self._by_column(codes)
        heads = [b',{"metric":{' + text[1:] + b"}" for text in labels]
        if rows.start == 0 and heads:
            heads[0] = heads[0][1:]
        return heads

    def _one_by_one(self, codes: NDArray[np.int32]) -> Iterable[bytes]:
        text = self._symbols.text
        names = [(b"," + dump(name) + b":", place) for name, place in self._names]
        for row in codes.tolist():
            yield b"".join([name + dump(text(row[place])) for name, place in names if row[place]])

    def _by_column(self, codes: NDArray[np.int32]) -> Iterable[bytes]:
        columns = [pairs.of(codes[:, place]) for place, pairs in self._columns]
        return map(b"".join, zip(*columns, strict=True)) if columns else [b""] * len(codes)

    @cached_property
    def _columns(self) -> "list[tuple[int, _Pairs]]":
        return [(place, _Pairs(name, self._symbols)) for name, place in self._names]


class _Pairs:
    """`,"name":"value"` for values of one name; nothing for no value."""

    def __init__(self, name: str, symbols: Symbols) -> None:
        self._name, self._symbols = b"," + dump(name) + b":", symbols
        self._known: dict[int, bytes] = {0: b""}

    def of(self, codes: NDArray[np.int32]) -> list[bytes]:
        wanted = codes.tolist()
        known = self._known
        fresh = list(set(wanted).difference(known))
        for code, text in zip(fresh, self._symbols.texts(fresh), strict=True):
            known[code] = self._name + dump(text)
        return [known[code] for code in wanted]
