"""What both text formats collect while they go through a page."""

import numpy as np

from collector.scrape.formats.lexing import identity, read_series
from collector.scrape.page import Exemplar, Geometry, Mark, Metadata, Page, Pairs, ParseError


class TextReader:
    """Goes through one page; `position` is behind what was read. `kind` is the type of the family around it."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.position = 0
        self.kind = "unknown"
        self.keys: list[bytes] = []
        self.raw_keys: list[bytes] = []
        self.kinds: list[str] = []
        self.values: list[float] = []
        self.stamps: list[int | None] = []
        self.exemplars: dict[int, list[Exemplar]] = {}
        self.metadata: dict[str, Metadata] = {}
        self.marks: list[Mark] = []
        self.lengths: list[int] = []
        self.is_sample: list[bool] = []
        self.exact_pairs: dict[int, Pairs] = {}  # where they are not what is written in the key
        self.error: ParseError | None = None
        self.one_line_each = True

    def add_sample(self, key: bytes, value: float, stamp: int | None, key_length: int, end: int) -> None:
        """A sample line that ends at `end`; its first `key_length` bytes stand before the value."""
        self.raw_keys.append(key)
        self.keys.append(identity(key, self.kind))
        self.kinds.append(self.kind)
        self.values.append(value)
        self.stamps.append(stamp)
        self.lengths.append(key_length)
        self.is_sample.append(True)
        self.position = end
        if b"\n" in key:
            self.one_line_each = False

    def add_other(self, end: int) -> None:
        """A line without a sample that ends at `end`."""
        if self.text.find(b"\n", self.position, end - 1) >= 0:  # a quoted name may hold a newline
            self.one_line_each = False
        self.lengths.append(end - self.position)
        self.is_sample.append(False)
        self.position = end

    def describe(self, name: str, **known: str) -> None:
        """Add what a metadata line says about a family."""
        old = self.metadata.get(name, Metadata())
        values = {"type": old.type, "help": old.help, "unit": old.unit, **known}
        self.metadata[name] = Metadata(**values)
        self.marks.append(Mark(len(self.keys), known.get("type", ""), name))

    def remark(self) -> None:
        """A comment."""
        self.marks.append(Mark(len(self.keys)))

    def exact_sample(
        self, key: bytes, pairs: Pairs, value: float, stamp: int | None, exemplar: Exemplar | None
    ) -> None:
        """A sample that was read token by token."""
        self.exact_pairs[len(self.keys)] = pairs
        if exemplar is not None:
            self.exemplars[len(self.keys)] = [exemplar]
        self.add_sample(key, value, stamp, 0, self.position)
        self.one_line_each = False

    def begin_family(self, name: str) -> None:
        """A line about a family."""

    def labels(self, index: int) -> Pairs:
        pairs = self.exact_pairs.get(index)
        return read_series(self.raw_keys[index], self.kinds[index]) if pairs is None else pairs

    def page(self, *, whole: bool) -> Page:
        """The result. `whole`: all of the text was read by lines and it ends with a newline."""
        has_stamps = any(stamp is not None for stamp in self.stamps)
        geometry = None
        if whole and self.one_line_each and not has_stamps and not self.exemplars:
            geometry = Geometry(np.array(self.lengths, np.int64), np.array(self.is_sample, np.bool_), self.kinds)
        return Page(
            self.keys,
            self.values,
            self.labels,
            self.stamps if has_stamps else None,
            exemplars=self.exemplars,
            metadata=self.metadata,
            geometry=geometry,
            marks=self.marks,
            error=self.error,
        )
