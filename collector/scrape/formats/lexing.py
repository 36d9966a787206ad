"""Regular expressions and readers that the two text formats share. All quantifiers that could backtrack are possessive."""

import re
from typing import Final

from collector.scrape.formats.numbers import normal_float
from collector.scrape.page import Pairs, ParseError, ScrapeError

METRIC: Final = rb"[a-zA-Z_:][a-zA-Z0-9_:]*+"
LABEL: Final = rb"[a-zA-Z_][a-zA-Z0-9_]*+"
QUOTED: Final = rb'"(?:[^\\"]|\\[^\n])*+"'

_ESCAPED = re.compile(r'\\(["\\n])')
_PAIR = re.compile(
    rb"[ \t]*(" + LABEL + rb"|" + QUOTED + rb")[ \t]*(?:=[ \t]*(" + QUOTED + rb")[ \t]*,?|,|(?=\}))", re.DOTALL
)
# The label whose value is a number, for each type that has one; it is written in one way only.
_NUMBER_LABELS: Final = {"histogram": "le", "summary": "quantile"}
_NUMBER_MARKS: Final = {"histogram": b"le", "summary": b"quantile"}


def unescape(text: str) -> str:
    """A quoted text: `\\"`, `\\\\` and `\\n` stand for one character, other backslashes for themselves."""
    return _ESCAPED.sub(lambda m: "\n" if m[1] == "n" else m[1], text) if "\\" in text else text


def identity(key: bytes, kind: str) -> bytes:
    """The key of a sample, set apart by type where the type changes how its labels are read."""
    mark = _NUMBER_MARKS.get(kind)
    return key + b"\0" + mark if mark is not None and mark in key else key


def read_series(key: bytes, kind: str) -> Pairs:
    """Name and labels of `name{label="value",...}` or `{"name",label="value"}`, which a regular expression has accepted.

    Raises `ParseError` for a missing or doubled name and invalid UTF-8, `ScrapeError` for doubled labels.
    """
    name, brace, _ = key.partition(b"{")
    pairs: Pairs = []
    metric = name.rstrip(b" \t") if brace else name
    names = [metric.decode()] if metric else []
    if brace:
        _read_labels(key, len(name) + 1, kind, names, pairs)
    if len(names) != 1 or not names[0]:
        problem = "already set" if len(names) > 1 else "not set"
        raise ParseError(f"metric name {problem} while parsing: {shown(key)}")
    pairs.append(("__name__", names[0]))
    if len({pair[0] for pair in pairs}) != len(pairs):
        raise ScrapeError(f"label name is not unique: invalid sample while parsing: {shown(key)}")
    return pairs


def _read_labels(key: bytes, position: int, kind: str, names: list[str], pairs: Pairs) -> None:
    number_label = _NUMBER_LABELS.get(kind)
    while (match := _PAIR.match(key, position)) is not None:
        position = match.end()
        name, value = match.groups()
        if value is None:
            if not name.startswith(b'"'):
                raise ParseError(f"expected a quoted metric name while parsing: {shown(key)}")
            names.append(_text(name[1:-1]))
            continue
        label = _text(name[1:-1]) if name.startswith(b'"') else name.decode()
        text = _text(value[1:-1])
        pairs.append((label, normal_float(text) if label == number_label else text))


def read_pairs(braces: bytes) -> Pairs:
    """The labels of an exemplar."""
    pairs: Pairs = []
    names: list[str] = []
    _read_labels(braces, 1, "unknown", names, pairs)
    return pairs


def _text(raw: bytes) -> str:
    try:
        return unescape(raw.decode())
    except UnicodeDecodeError as error:
        raise ParseError(f"invalid UTF-8 label value: {shown(raw)}") from error


def shown(raw: bytes) -> str:
    """A piece of a page for an error message, cut to a readable length."""
    cut = raw if len(raw) <= 200 else raw[:200] + b"..."
    return '"' + cut.decode(errors="replace").replace("\n", "\\n") + '"'
