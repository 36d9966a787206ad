"""What each series of an answer begins with: its labels as JSON. Names are written once, values once each."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from collector.api.envelope import dump
from collector.storage.symbols import LabelTable, Symbols


class SeriesHeads:
    """Heads of the rows of a table; all but the first begin with the comma that parts them from the series before."""

    def __init__(self, table: LabelTable) -> None:
        names = sorted(range(len(table.names)), key=lambda index: table.names[index])
        self._codes = table.codes
        self._columns = [(place, _Pairs(table.names[place], table.symbols)) for place in names]

    def of(self, rows: slice) -> list[bytes]:
        """The heads of some rows."""
        codes = self._codes[rows]
        columns = [pairs.of(codes[:, place]) for place, pairs in self._columns]
        labels: Iterable[bytes] = map(b"".join, zip(*columns, strict=True)) if columns else [b""] * len(codes)
        heads = [b',{"metric":{' + text[1:] + b"}" for text in labels]
        if rows.start == 0 and heads:
            heads[0] = heads[0][1:]
        return heads


class _Pairs:
    """`,"name":"value"` for values of one name; nothing for no value."""

    def __init__(self, name: str, symbols: Symbols) -> None:
        self._name, self._symbols = b"," + dump(name) + b":", symbols
        self._known: dict[int, bytes] = {0: b""}

    def of(self, codes: NDArray[np.int32]) -> list[bytes]:
        wanted = codes.tolist()
        known = self._known
        for code in set(wanted).difference(known):
            known[code] = self._name + dump(self._symbols.text(code))
        return [known[code] for code in wanted]
