"""The Prometheus text format, 0.0.4 and 1.0.0 (quoted UTF-8 names), read as leniently and refused as strictly as Prometheus 3 does.

Not obvious, and all as there: blanks before a name belong to the name; a label value may hold a raw newline; labels need no comma between
them. Lines as they usually are match one expression each; from the first one that does not, or where the page holds a NUL or is not UTF-8, it is
read token by token.
"""

import re
from typing import Any

from collector.scrape.formats.exact import ExactText
from collector.scrape.formats.lexing import LABEL, METADATA_TYPES, METRIC, QUOTED, bare, is_plain, unescape
from collector.scrape.formats.numbers import parse_float
from collector.scrape.formats.reader import TextReader
from collector.scrape.page import Page, ParseError, ParseOptions

_B = rb"[ \t]*+"
_ITEM = rb"(?:" + LABEL + rb"|" + QUOTED + rb")" + _B + rb"=" + _B + QUOTED + _B + rb",?+" + _B
_FIRST = QUOTED + _B + rb"(?:,|(?=\}))" + _B  # the name
_SAMPLE = re.compile(
    rb"(" + _B + rb"(?:" + METRIC + rb"(?:" + _B + rb"\{" + _B + rb"(?:" + _ITEM + rb")*+\})?+"
    + rb"|\{" + _B + _FIRST + rb"(?:" + _ITEM + rb")*+\}))" + _B  # key
    + rb"([^{ \t\n]++)" + _B + rb"(?:(\d{1,18}+)" + _B + rb")?+\n"
)  # fmt: skip
_META = re.compile(
    _B + rb"#[ \t]++(?:HELP[ \t]++(" + METRIC + rb"|" + QUOTED + rb")((?:[\x01-\x09\x0b-\x7f][^\n]*+)?+)|TYPE[ \t]++(" + METRIC + rb"|" + QUOTED
    + rb")[^\n](counter|gauge|histogram|summary|untyped))\n"
)  # fmt: skip
# A comment that can be nothing else, or an empty line.
_SILENT = re.compile(_B + rb"(?:#(?:[^ \t\n][^\n]*+|[ \t]++(?!(?:HELP|TYPE)[ \t])[^\n]*+)?+)?+\n")


class _PrometheusReader(TextReader):
    def run(self) -> bool:
        """To the end, and True, or to a line that must be read token by token."""
        text, end = self.text, len(self.text)
        while self.position < end:
            match = _SAMPLE.match(text, self.position)
            if not (self._other() if match is None else self._sample(match)):
                return False
        return True

    def _sample(self, match: re.Match[bytes]) -> bool:
        key, value, stamp = match.groups()
        try:
            number = parse_float(value)
        except ValueError:
            return False
        key_length = match.start(2) - self.position
        self.add_sample(key, number, None if stamp is None else int(stamp), key_length, match.end())
        return True

    def _other(self) -> bool:
        """A blank line, a comment or metadata; False where it is none of them."""
        match = _SILENT.match(self.text, self.position)
        if match is not None:
            if b"#" in match[0]:
                self.remark()
            self.add_other(match.end())
            return True
        match = _META.match(self.text, self.position)
        if match is None:
            return False
        helped, about, typed, kind = match.groups()
        if helped is not None:
            self.describe(bare(helped), help=unescape(about[1:].decode()) if about.strip(b" \t") else "")
        else:
            self.kind = METADATA_TYPES.get(kind.decode(), kind.decode())
            self.describe(bare(typed), type=self.kind)
        self.add_other(match.end())
        return True


def parse_text(body: Any, _: ParseOptions) -> Page:
    """The page `body` (any bytes-like object)."""
    text = bytes(body)
    ends_with_newline = text.endswith(b"\n")
    reader = _PrometheusReader(text if ends_with_newline else text + b"\n")
    whole = is_plain(text) and reader.run()
    if not whole:
        try:
            ExactText(text, reader.position, reader).run()
        except ParseError as error:
            reader.error = error
    return reader.page(whole=whole and ends_with_newline)
