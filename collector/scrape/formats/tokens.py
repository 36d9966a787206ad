"""The tokens of the two text formats, one by one, where a line is not plain.

Which token comes next depends on the state the last one led to. Nothing is ever read twice: a token that began well and went wrong leaves
`position` where it went wrong, which decides how the rest is read and what an error shows. In the texts of values, help and comments a NUL is
skipped, also behind their end; elsewhere nothing matches it. Source: the behaviour of Prometheus 3.5.
"""

import re
from collections.abc import Mapping
from typing import ClassVar, Final, TypeAlias

from collector.scrape.formats.lexing import LABEL, METRIC

_Patterns: TypeAlias = Mapping[str, "re.Pattern[bytes]"]
_Steps: TypeAlias = Mapping[tuple[str, str], str]

EOF: Final = "EOF"
INVALID: Final = "INVALID"

_QUOTED: Final = rb'"(?:[^\\"\0]|\\[^\n\0])*+'
_QUOTED_LINE: Final = rb'"(?:[^\\"\n\0]|\\[^\n\0])*+'
_QUOTED_SKIPPING: Final = rb'"\0*+(?:[^\\"\0]\0*+|\\\0*+[^\n\0]\0*+)*+'
_QUOTED_LINE_SKIPPING: Final = rb'"\0*+(?:[^\\"\n\0]\0*+|\\\0*+[^\n\0]\0*+)*+'


def _word(word: bytes) -> bytes:
    return b"".join(bytes([letter]) + rb"\0*+" for letter in word)


def _begun(word: bytes) -> bytes:
    """As much of a word as is there, at least its first letter."""
    rest = b""
    for letter in reversed(word[1:]):
        rest = b"(?:" + bytes([letter]) + rb"\0*+" + rest + b")?+"
    return word[:1] + rb"\0*+" + rest


def _compiled(patterns: Mapping[str, bytes]) -> dict[str, re.Pattern[bytes]]:
    return {state: re.compile(pattern) for state, pattern in patterns.items()}


class Lexer:
    """Tokens of `text` from `position` on. `start`: where the current token began."""

    patterns: ClassVar[_Patterns]
    broken: ClassVar[_Patterns]  # how far a token that goes wrong is read, by state
    steps: ClassVar[_Steps]

    def __init__(self, text: bytes, position: int) -> None:
        self.text = text
        self.position = self.start = position
        self.state = "line"

    @property
    def token(self) -> bytes:
        return self.text[self.start : self.position]

    def next(self) -> str:
        """The kind of the next token."""
        if self.position >= len(self.text):
            return EOF
        self.start = self.position
        return self._match()

    def _match(self) -> str:
        match = self.patterns[self.state].match(self.text, self.position)
        if match is None or match.lastgroup is None:
            return self._break()
        self.position = match.end()
        kind = match.lastgroup
        if kind == "remark":
            self.state = "remark"
            return self._match()
        self.state = self.steps.get((self.state, kind), self.state)
        return kind

    def _break(self) -> str:
        broken = self.broken.get(self.state)
        match = broken and broken.match(self.text, self.position)
        if match:
            self.position = match.end()
        return INVALID


class TextLexer(Lexer):
    """The Prometheus text format; `next` skips blanks."""

    _BLANK = rb"(?P<WHITESPACE>[ \t]++)|"
    patterns = _compiled({
        "line": rb"(?P<EOF>\0)|(?P<LINEBREAK>\n)|" + _BLANK + rb"(?P<remark>#[ \t]++)|(?P<hash>#)|(?P<MNAME>" + METRIC + rb")|(?P<BOPEN>\{)",
        "remark": rb"(?P<HELP>" + _word(b"HELP") + rb"(?:[ \t]\0*+)++)|(?P<TYPE>" + _word(b"TYPE") + rb"(?:[ \t]\0*+)++)",
        "name": _BLANK + rb"(?P<MNAME>" + METRIC + b"|" + _QUOTED + rb'")',
        "about": rb"(?P<WHITESPACE>[ \t][ \t\0]*+(?=\n))|(?P<TEXT>[^\n\0][^\n]*+|)",
        "labels": _BLANK + rb"(?P<LNAME>" + LABEL + rb")|(?P<QSTRING>" + _QUOTED + rb'")|(?P<BCLOSE>\})|(?P<EQUAL>=)|(?P<COMMA>,)',
        "label": rb"(?P<WHITESPACE>(?:[ \t]\0*+)++)|(?P<LVALUE>" + _QUOTED_SKIPPING + rb'"\0*+)',
        "value": _BLANK + rb"(?P<BOPEN>\{)|(?P<VALUE>[^{ \t\n\0]++)",
        "time": _BLANK + rb"(?P<TIMESTAMP>[0-9]++)|(?P<LINEBREAK>\n)",
    })  # fmt: skip
    broken = _compiled(
        {"name": _QUOTED + rb"\\?+", "labels": _QUOTED + rb"\\?+", "label": _QUOTED_SKIPPING + rb"(?:\\\0*+)?+"}
    )
    steps: ClassVar[_Steps] = {
        ("line", "MNAME"): "value", ("line", "BOPEN"): "labels", ("remark", "HELP"): "name", ("remark", "TYPE"): "name", ("name", "MNAME"): "about",
        ("about", "TEXT"): "line", ("value", "BOPEN"): "labels", ("labels", "BCLOSE"): "value", ("labels", "EQUAL"): "label",
        ("label", "LVALUE"): "labels", ("value", "VALUE"): "time", ("time", "LINEBREAK"): "line",
    }  # fmt: skip

    def next(self) -> str:
        while (kind := super().next()) == "WHITESPACE":
            pass
        if kind == "hash":
            return self._comment(rb"[\n\0]")
        return kind

    def _break(self) -> str:
        if self.state != "remark":
            return super()._break()
        return self._comment(rb"\n|\A\0")

    def _comment(self, end: bytes) -> str:
        """A line that says nothing: up to its end, or up to a NUL, which ends the page."""
        match = re.search(end, self.text[self.position :])
        assert match is not None  # the text ends with a newline
        self.position += match.start()
        self.state = "line"
        return EOF if match[0] == b"\0" else "COMMENT"


class OpenMetricsLexer(Lexer):
    """OpenMetrics, where blanks are part of what follows them."""

    patterns = _compiled({
        "line": rb"(?P<remark># )|(?P<MNAME>" + METRIC + rb")|(?P<BOPEN>\{)",
        "remark": rb"(?P<HELP>" + _word(b"HELP") + rb" \0*+)|(?P<TYPE>" + _word(b"TYPE") + rb" \0*+)|(?P<UNIT>" + _word(b"UNIT") + rb" \0*+)|"
        + rb"(?P<EOFWORD>" + _word(b"EOF") + rb"(?:\n\0*+)?+)",
        "name": rb"(?P<MNAME>" + METRIC + b"|" + _QUOTED + rb'")',
        "about": rb"(?P<TEXT> [^\n]*+\n\0*+)",
        "labels": rb"(?P<LNAME>" + LABEL + rb")|(?P<QSTRING>" + _QUOTED + rb'")|(?P<BCLOSE>\})|(?P<EQUAL>=)|(?P<COMMA>,)',
        "label": rb"(?P<LVALUE>" + _QUOTED_LINE_SKIPPING + rb'"\0*+)',
        "value": rb"(?P<BOPEN>\{)|(?P<VALUE> [^ \n\0]++)",
        "time": rb"(?P<COMMENT> # \{)|(?P<TIMESTAMP> (?:#(?! )[^ \n\0]*+|[^# \n\0][^ \n\0]*+))|(?P<LINEBREAK>\n)",
        "exemplar": rb"(?P<LNAME>" + LABEL + rb")|(?P<QSTRING>" + _QUOTED_LINE + rb'")|(?P<BCLOSE>\})|(?P<EQUAL>=)|(?P<COMMA>,)',
        "exemplar value": rb"(?P<LVALUE>" + _QUOTED_LINE + rb'")|(?P<VALUE> [^ \n\0]++)',
        "exemplar time": rb"(?P<TIMESTAMP> [^ \n\0]++)|(?P<LINEBREAK>\n)",
    })  # fmt: skip
    broken = _compiled({
        "line": rb"#", "remark": b"|".join(_begun(word) for word in (b"HELP", b"TYPE", b"UNIT", b"EO")), "name": _QUOTED + rb"\\?+",
        "about": rb" [^\n]*+", "labels": _QUOTED + rb"\\?+", "label": _QUOTED_LINE_SKIPPING + rb"(?:\\\0*+)?+", "value": rb" ", "time": rb" (?:# )?+",
        "exemplar": _QUOTED_LINE + rb"\\?+", "exemplar value": rb" |" + _QUOTED_LINE + rb"\\?+", "exemplar time": rb" ",
    })  # fmt: skip
    steps: ClassVar[_Steps] = {
        ("line", "MNAME"): "value", ("line", "BOPEN"): "labels", ("remark", "HELP"): "name", ("remark", "TYPE"): "name", ("remark", "UNIT"): "name",
        ("remark", "EOFWORD"): "line", ("name", "MNAME"): "about", ("about", "TEXT"): "line", ("value", "BOPEN"): "labels",
        ("labels", "BCLOSE"): "value", ("labels", "EQUAL"): "label", ("label", "LVALUE"): "labels", ("value", "VALUE"): "time",
        ("time", "LINEBREAK"): "line", ("time", "COMMENT"): "exemplar", ("exemplar", "BCLOSE"): "exemplar value",
        ("exemplar", "EQUAL"): "exemplar value", ("exemplar value", "LVALUE"): "exemplar", ("exemplar value", "VALUE"): "exemplar time",
        ("exemplar time", "LINEBREAK"): "line",
    }  # fmt: skip
