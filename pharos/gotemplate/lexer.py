"""Template text to tokens: plain text outside `{{ }}`, words inside. Trim markers are applied here."""

import enum
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Final

from pharos.gotemplate.errors import TemplateError, position


class Kind(enum.Enum):
    """What a token is."""

    TEXT = "text"
    LEFT = "{{"
    RIGHT = "}}"
    SPACE = "space"
    FIELD = "field"
    DOT = "."
    VARIABLE = "variable"
    NUMBER = "number"
    STRING = "string"
    RAW = "raw string"
    CHAR = "character"
    WORD = "word"
    PIPE = "|"
    OPEN = "("
    CLOSE = ")"
    DECLARE = ":="
    ASSIGN = "="
    COMMA = ","
    END = "end of file"


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the source; `at` is its offset."""

    kind: Kind
    text: str
    at: int


# Order matters: the first alternative that fits wins. A number's sign belongs to it.
_WORDS: Final = re.compile(
    r"""(?P<SPACE>[ \t\r\n]+)
    |(?P<FIELD>\.[^\W\d]\w*)
    |(?P<NUMBER>[+-]?(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?))
    |(?P<DOT>\.)
    |(?P<VARIABLE>\$\w*)
    |(?P<STRING>"(?:[^"\\\n]|\\.)*")
    |(?P<RAW>`[^`]*`)
    |(?P<CHAR>'(?:[^'\\\n]|\\.[^']*)')
    |(?P<WORD>[^\W\d]\w*)
    |(?P<DECLARE>:=)
    |(?P<ASSIGN>=)
    |(?P<PIPE>\|)
    |(?P<OPEN>\()
    |(?P<CLOSE>\))
    |(?P<COMMA>,)""",
    re.VERBOSE,
)
_BLANKS: Final = " \t\r\n"
_TRIM_RIGHT: Final = re.compile(r"[ \t\r\n]-\}\}")
# Tokens that may not stand directly beside each other without a blank: `1a`, `.x"y"`.
_ENDS_OPERAND: Final = {Kind.NUMBER, Kind.STRING, Kind.RAW, Kind.CHAR, Kind.WORD, Kind.FIELD, Kind.VARIABLE}
_BEGINS_OPERAND: Final = {Kind.NUMBER, Kind.STRING, Kind.RAW, Kind.CHAR, Kind.WORD, Kind.VARIABLE}


def tokens(name: str, source: str) -> Iterator[Token]:
    """All tokens, the last of kind END. Raises `TemplateError`."""
    at, trim = 0, False
    while True:
        left = source.find("{{", at)
        end = len(source) if left < 0 else left
        text = source[at:end]
        trim_left = left >= 0 and source[left + 2 : left + 3] == "-" and source[left + 3 : left + 4] in tuple(_BLANKS)
        shown = text.lstrip(_BLANKS) if trim else text
        shown = shown.rstrip(_BLANKS) if trim_left else shown
        if shown:
            yield Token(Kind.TEXT, shown, at)
        if left < 0:
            yield Token(Kind.END, "", end)
            return
        inside = left + (4 if trim_left else 2)
        if source.startswith("/*", inside):
            at, trim = _comment(name, source, inside)
            continue
        yield Token(Kind.LEFT, "{{", left)
        at, trim = yield from _action(name, source, inside)


def _comment(name: str, source: str, at: int) -> tuple[int, bool]:
    """Where the text goes on after a comment, and whether blanks are trimmed there."""
    end = source.find("*/", at)
    if end < 0:
        raise TemplateError(name, *position(source, at), "unclosed comment")
    if source.startswith("}}", end + 2):
        return end + 4, False
    if _TRIM_RIGHT.match(source, end + 2):
        return end + 6, True
    raise TemplateError(name, *position(source, at), "comment ends before closing delimiter")


def _action(name: str, source: str, at: int) -> Generator[Token, None, tuple[int, bool]]:
    """The tokens of one action, RIGHT included. Returns (offset after it, trim)."""
    before = Kind.LEFT
    while True:
        if source.startswith("}}", at):
            yield Token(Kind.RIGHT, "}}", at)
            return at + 2, False
        if _TRIM_RIGHT.match(source, at):
            yield Token(Kind.RIGHT, "}}", at)
            return at + 4, True
        match = _WORDS.match(source, at)
        if match is None:
            raise TemplateError(name, *position(source, at), _complaint(source, at))
        kind = Kind[match.lastgroup or ""]
        text = match[0]
        if kind is Kind.SPACE and (trimmed := _TRIM_RIGHT.search(source, at, match.end() + 3)):
            text = source[at : trimmed.start()]
        if before in _ENDS_OPERAND and kind in _BEGINS_OPERAND:
            raise TemplateError(name, *position(source, at), f"unexpected {text!r} directly after an operand")
        if text:
            yield Token(kind, text, at)
            before = kind
        at += len(text)


def _complaint(source: str, at: int) -> str:
    if at >= len(source):
        return "unclosed action"
    char = source[at]
    if char == '"':
        return "unterminated quoted string"
    if char == "`":
        return "unterminated raw quoted string"
    if char == "'":
        return "unterminated character constant"
    return f"unrecognized character in action: U+{ord(char):04X} {char!r}"
