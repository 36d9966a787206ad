"""The Prometheus text format, 0.0.4 and 1.0.0 (quoted UTF-8 names), read as leniently and refused as strictly as Prometheus 3 does.

Not obvious, and all as there: blanks before a name belong to the name; a label value may hold a raw newline; labels need no comma between
them; a NUL where a line or a comment could go on ends the page.
"""

import re
from typing import Any

import numpy as np

from collector.scrape.formats.lexing import LABEL, METRIC, QUOTED, identity, read_series, shown, unescape
from collector.scrape.formats.numbers import parse_float
from collector.scrape.page import Geometry, Metadata, Page, Pairs, ParseError, ParseOptions

_B = rb"[ \t]*+"
_ITEM = rb"(?:" + LABEL + rb"|" + QUOTED + rb")" + _B + rb"(?:=" + _B + QUOTED + _B + rb",?+|,|(?=\}))" + _B
_BRACES = rb"\{" + _B + rb"(?:" + _ITEM + rb")*+\}"
_SAMPLE = re.compile(
    rb"(" + _B + rb"(?:" + METRIC + rb"(?:" + _B + _BRACES + rb")?+|" + _BRACES + rb"))" + _B  # key
    + rb"([^{ \t\n]++)" + _B + rb"(?:(\d++)" + _B + rb")?+\n"
)  # fmt: skip
_META = re.compile(rb"#[ \t]++(HELP|TYPE)[ \t]++(?:(" + QUOTED + rb"|" + METRIC + rb")([^\n]*+)\n)?+")
_BLANKS = re.compile(_B)
_TYPES = {
    b"counter": "counter",
    b"gauge": "gauge",
    b"histogram": "histogram",
    b"summary": "summary",
    b"untyped": "unknown",
}
_MAX_STAMP = 2**63 - 1


class _Reader:
    """Goes through one page; every method leaves `position` behind what it read."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.position = 0
        self.kind = "unknown"
        self.keys: list[bytes] = []
        self.raw_keys: list[bytes] = []
        self.kinds: list[str] = []
        self.values: list[float] = []
        self.stamps: list[int | None] = []
        self.metadata: dict[str, Metadata] = {}
        self.lengths: list[int] = []
        self.is_sample: list[bool] = []
        self.one_line_each = True

    def run(self) -> None:
        text, end = self.text, len(self.text)
        while self.position < end:
            match = _SAMPLE.match(text, self.position)
            if match is not None:
                self._sample(match)
            elif not self._other():
                self.one_line_each = False
                return

    def _sample(self, match: re.Match[bytes]) -> None:
        key, value, stamp = match.groups()
        start = self.position
        self.position = match.end()
        try:
            number = parse_float(value)
        except ValueError as error:
            raise ParseError(f"{error} while parsing: {shown(match[0])}") from error
        self.raw_keys.append(key)
        self.keys.append(identity(key, self.kind))
        self.kinds.append(self.kind)
        self.values.append(number)
        self.stamps.append(self._stamp(stamp, match))
        self.lengths.append(match.start(2) - start)
        self.is_sample.append(True)
        if b"\n" in key:
            self.one_line_each = False

    def _stamp(self, stamp: bytes | None, match: re.Match[bytes]) -> int | None:
        if stamp is None:
            return None
        number = int(stamp)
        if number > _MAX_STAMP:
            raise ParseError(f"timestamp out of range while parsing: {shown(match[0])}")
        return number

    def _other(self) -> bool:
        """A blank line, a comment or metadata; False where the page ends early. Raises `ParseError`."""
        start = self.position
        blank = _BLANKS.match(self.text, start)
        assert blank is not None
        at = blank.end()
        first = self.text[at : at + 1]
        if first == b"\n":
            self._skip_to(at + 1, start)
            return True
        if first in (b"\0", b""):
            return False
        if first != b"#":
            line_end = self.text.find(b"\n", at)
            raise ParseError(f"expected a valid sample while parsing: {shown(self.text[start:line_end])}")
        meta = _META.match(self.text, at)
        if meta is None:
            return self._comment(at, start)
        if meta[2] is None:
            raise ParseError(f"expected metric name after {meta[1].decode()}")
        self._metadata(meta)
        self._skip_to(meta.end(), start)
        return True

    def _comment(self, at: int, start: int) -> bool:
        line_end = self.text.index(b"\n", at)
        if b"\0" in self.text[at:line_end]:
            return False
        self._skip_to(line_end + 1, start)
        return True

    def _metadata(self, meta: re.Match[bytes]) -> None:
        word, raw_name, rest = meta.groups()
        text = rest[1:]
        name = (raw_name[1:-1] if raw_name.startswith(b'"') else raw_name).decode(errors="replace")
        known = self.metadata.get(name, Metadata())
        if word == b"TYPE":
            if text not in _TYPES:
                raise ParseError(f"invalid metric type {shown(text)}")
            self.kind = _TYPES[text]
            self.metadata[name] = Metadata(self.kind, known.help, known.unit)
            return
        try:
            self.metadata[name] = Metadata(known.type, unescape(text.decode()), known.unit)
        except UnicodeDecodeError as error:
            raise ParseError(f"help text {shown(text)} is not a valid utf8 string") from error

    def _skip_to(self, position: int, start: int) -> None:
        if b"\n" in self.text[start : position - 1]:  # a quoted name in HELP may hold a newline
            self.one_line_each = False
        self.lengths.append(position - start)
        self.is_sample.append(False)
        self.position = position

    def labels(self, index: int) -> Pairs:
        return read_series(self.raw_keys[index], self.kinds[index])


def parse_text(body: Any, _: ParseOptions) -> Page:
    """The page `body` (any bytes-like object). Raises `ParseError`."""
    text = bytes(body)
    reader = _Reader(text if text.endswith(b"\n") else text + b"\n")
    reader.run()
    has_stamps = any(stamp is not None for stamp in reader.stamps)
    geometry = None
    if reader.one_line_each and not has_stamps and text.endswith(b"\n"):
        geometry = Geometry(np.array(reader.lengths, np.int64), np.array(reader.is_sample, np.bool_), reader.kinds)
    return Page(
        reader.keys,
        reader.values,
        reader.labels,
        reader.stamps if has_stamps else None,
        metadata=reader.metadata,
        geometry=geometry,
    )
