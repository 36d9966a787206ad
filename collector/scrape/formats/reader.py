"""What both text formats collect while they go through a page."""

import numpy as np

from collector.scrape.formats.lexing import identity, read_series
from collector.scrape.page import Counts, Exemplar, Geometry, Metadata, Page, Pairs, ParseError, ScrapeError


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
        self.lengths: list[int] = []
        self.is_sample: list[bool] = []
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

    def labels(self, index: int) -> Pairs:
        return read_series(self.raw_keys[index], self.kinds[index])

    def first_error(self, error: ParseError) -> ScrapeError:
        """What a scrape fails with that is read line by line: bad labels of a sample before the place of `error` come first."""
        for index in range(len(self.keys)):
            try:
                self.labels(index)
            except ScrapeError as earlier:
                earlier.counts = Counts(index if isinstance(earlier, ParseError) else index + 1, index)
                return earlier
        error.counts = Counts(len(self.keys), len(self.keys))
        return error

    def page(self, *, whole: bool) -> Page:
        """The result. `whole`: the text was read to its end and ends with a newline."""
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
        )
