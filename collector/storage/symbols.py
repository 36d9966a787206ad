"""Dictionary-encoded labels: every text once, a series is a row of small integers.

codes[S, L]   int32, column j holds the value of label names[j] as an index into `symbols`; 0 means the series lacks the label
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pharos.labels import Labels, LabelSet


class Symbols:
    """Texts and their numbers; number 0 is the empty text. A child adds texts of its own without touching its parent.

    A query works on a child, so that labels it makes up (`label_replace`) go away with it. The parent may grow meanwhile: a child sees
    only the texts its parent had when it was made.
    """

    __slots__ = ("_base", "_ids", "_parent", "_texts")

    def __init__(self, parent: "Symbols | None" = None) -> None:
        self._parent = parent
        self._base = len(parent) if parent is not None else 0
        self._texts: list[str] = [] if parent is not None else [""]
        self._ids: dict[str, int] = {} if parent is not None else {"": 0}

    def __len__(self) -> int:
        return self._base + len(self._texts)

    def intern(self, text: str) -> int:
        """The number of `text`, a new one when it is not known yet."""
        known = self.find(text)
        if known is not None:
            return known
        number = len(self)
        self._texts.append(text)
        self._ids[text] = number
        return number

    def intern_all(self, texts: Iterable[str]) -> list[int]:
        """The numbers of texts."""
        get, intern = self._ids.get, self.intern
        return [intern(text) if (known := get(text)) is None else known for text in texts]

    def find(self, text: str) -> int | None:
        """The number of `text`, or None."""
        own = self._ids.get(text)
        if own is not None or self._parent is None:
            return own
        number = self._parent.find(text)
        return number if number is not None and number < self._base else None

    def text(self, number: int) -> str:
        if number >= self._base:
            return self._texts[number - self._base]
        assert self._parent is not None
        return self._parent.text(number)

    def texts(self, numbers: Sequence[int]) -> list[str]:
        """The texts of many numbers."""
        if self._parent is None:
            own = self._texts
            return [own[number] for number in numbers]
        if max(numbers, default=0) < self._base:
            return self._parent.texts(numbers)
        return [self.text(number) for number in numbers]

    def rebase(self, parent: "Symbols") -> None:
        """Become a child of `parent`; only while there is no text but the empty one."""
        assert self._parent is None
        assert len(self) == 1
        self._parent, self._base, self._texts, self._ids = parent, len(parent), [], {}

    def only(self, numbers: Sequence[int]) -> "Symbols":
        """A new table of some texts, which get the numbers 0, 1, ... in the order given."""
        out = Symbols()
        out._texts = [self.text(number) for number in numbers]
        out._ids = {text: number for number, text in enumerate(out._texts)}
        return out

    def child(self) -> "Symbols":
        return Symbols(self)


@dataclass(frozen=True, slots=True)
class LabelTable:
    """The labels of S series as columns. `names` holds `__name__` like any other label; their order is free."""

    symbols: Symbols
    names: tuple[str, ...]
    codes: NDArray[np.int32]

    def __len__(self) -> int:
        return int(self.codes.shape[0])

    def column(self, name: str) -> NDArray[np.int32]:
        """Codes of one label for all series; zeros when no series has it."""
        if name in self.names:
            return self.codes[:, self.names.index(name)]
        return np.zeros(len(self), np.int32)

    def labels(self, row: int) -> Labels:
        """The labels of one series, sorted by name."""
        pairs = (
            (name, self.symbols.text(code))
            for name, code in zip(self.names, self.codes[row].tolist(), strict=True)
            if code
        )
        return dict(sorted(pairs))

    def all_labels(self) -> list[Labels]:
        """The labels of every series, sorted by name."""
        places = sorted(range(len(self.names)), key=lambda place: self.names[place])
        columns = []
        for place in places:
            codes = self.codes[:, place].tolist()
            distinct = list(set(codes))
            text = dict(zip(distinct, self.symbols.texts(distinct), strict=True))
            columns.append([text[code] for code in codes])
        names = [self.names[place] for place in places]
        rows = zip(*columns, strict=True) if columns else [()] * len(self)
        return [{name: value for name, value in zip(names, row, strict=True) if value} for row in rows]

    @classmethod
    def build(cls, series: Sequence[LabelSet] | Iterable[LabelSet], symbols: Symbols | None = None) -> "LabelTable":
        """A table of label sets; for tests and small inputs."""
        rows = list(series)
        table = symbols or Symbols()
        names = tuple(sorted({name for row in rows for name, _ in row}))
        place = {name: index for index, name in enumerate(names)}
        codes = np.zeros((len(rows), len(names)), np.int32)
        for index, row in enumerate(rows):
            for name, value in row:
                codes[index, place[name]] = table.intern(value)
        return cls(table, names, codes)
