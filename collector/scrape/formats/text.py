"""The Prometheus text format, 0.0.4 and 1.0.0 (quoted UTF-8 names), read as leniently and refused as strictly as Prometheus 3 does.

Not obvious, and all as there: blanks before a name belong to the name; a label value may hold a raw newline; labels need no comma between
them; a NUL where a line could begin ends the page.
"""

import re
from typing import Any

from collector.scrape.formats.lexing import LABEL, METRIC, QUOTED, shown, unescape
from collector.scrape.formats.numbers import parse_float
from collector.scrape.formats.reader import TextReader
from collector.scrape.page import Page, ParseError, ParseOptions

_B = rb"[ \t]*+"
# Values and help texts may hold a NUL, names in quotes may not.
_NAME = rb'"(?:[^\\"\0]|\\[^\0])*+"'
_ITEM = rb"(?:" + LABEL + rb"|" + _NAME + rb")" + _B + rb"(?:=" + _B + QUOTED + _B + rb",?+|,|(?=\}))" + _B
_BRACES = rb"\{" + _B + rb"(?:" + _ITEM + rb")*+\}"
_SAMPLE = re.compile(
    rb"(" + _B + rb"(?:" + METRIC + rb"(?:" + _B + _BRACES + rb")?+|" + _BRACES + rb"))" + _B  # key
    + rb"([^{ \t\n]++)" + _B + rb"(?:(\d++)" + _B + rb")?+\n"
)  # fmt: skip
_META = re.compile(rb"#[ \t]++(HELP|TYPE)[ \t]++(?:(" + QUOTED + rb"|" + METRIC + rb")(?!\0)([^\n]*+)\n)?+")
# A NUL ends the page here too, but not in the text of a comment that begins with a blank.
_ENDING_COMMENT = re.compile(rb"#(?:[ \t]++\0|(?![ \t])[^\n\0]*+\0)")
_BLANKS = re.compile(_B)
_TYPES = {
    b"counter": "counter",
    b"gauge": "gauge",
    b"histogram": "histogram",
    b"summary": "summary",
    b"untyped": "unknown",
}
_MAX_STAMP = 2**63 - 1


class _PrometheusReader(TextReader):
    """Reads until the end of the text, or until a NUL ends the page: then `ended_early`."""

    ended_early = False

    def run(self) -> None:
        text, end = self.text, len(self.text)
        while self.position < end:
            match = _SAMPLE.match(text, self.position)
            if match is not None:
                self._sample(match)
            elif not self._other():
                self.ended_early = True
                return

    def _sample(self, match: re.Match[bytes]) -> None:
        key, value, stamp = match.groups()
        try:
            number = parse_float(value)
        except ValueError as error:
            raise ParseError(f"{error} while parsing: {shown(match[0])}") from error
        if stamp is not None and int(stamp) > _MAX_STAMP:
            raise ParseError(f"timestamp out of range while parsing: {shown(match[0])}")
        key_length = match.start(2) - self.position
        self.add_sample(key, number, None if stamp is None else int(stamp), key_length, match.end())

    def _other(self) -> bool:
        """A blank line, a comment or metadata; False where the page ends early. Raises `ParseError`."""
        blank = _BLANKS.match(self.text, self.position)
        assert blank is not None
        at = blank.end()
        first = self.text[at : at + 1]
        if first == b"\n":
            self.add_other(at + 1)
            return True
        if first in (b"\0", b""):
            return False
        if first != b"#":
            line_end = self.text.find(b"\n", at)
            raise ParseError(f"expected a valid sample while parsing: {shown(self.text[self.position : line_end])}")
        meta = _META.match(self.text, at)
        if meta is None:
            if _ENDING_COMMENT.match(self.text, at):
                return False
            self.add_other(self.text.index(b"\n", at) + 1)
            return True
        if meta[2] is None:
            raise ParseError(f"expected metric name after {meta[1].decode()}")
        self._metadata(meta)
        self.add_other(meta.end())
        return True

    def _metadata(self, meta: re.Match[bytes]) -> None:
        word, raw_name, rest = meta.groups()
        text = rest[1:]
        name = (raw_name[1:-1] if raw_name.startswith(b'"') else raw_name).decode(errors="replace")
        if word == b"TYPE":
            if text not in _TYPES:
                raise ParseError(f"invalid metric type {shown(text)}")
            self.kind = _TYPES[text]
            self.describe(name, type=self.kind)
            return
        try:
            self.describe(name, help=unescape(text.decode()))
        except UnicodeDecodeError as error:
            raise ParseError(f"help text {shown(text)} is not a valid utf8 string") from error


def parse_text(body: Any, _: ParseOptions) -> Page:
    """The page `body` (any bytes-like object). Raises `ScrapeError`."""
    text = bytes(body)
    ends_with_newline = text.endswith(b"\n")
    reader = _PrometheusReader(text if ends_with_newline else text + b"\n")
    try:
        reader.run()
    except ParseError as error:
        raise reader.first_error(error) from error
    return reader.page(whole=ends_with_newline and not reader.ended_early)
