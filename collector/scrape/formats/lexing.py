"""Regular expressions and readers that the two text formats share. All quantifiers that could backtrack are possessive."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from collector.scrape.formats.numbers import normal_float
from collector.scrape.page import Pairs

METRIC: Final = rb"[a-zA-Z_:][a-zA-Z0-9_:]*+"
LABEL: Final = rb"[a-zA-Z_][a-zA-Z0-9_]*+"
QUOTED: Final = rb'"(?:[^\\"]|\\[^\n])*+"'

# Types that the text format calls otherwise.
METADATA_TYPES: Final = {"untyped": "unknown"}

_ESCAPED = re.compile(r'\\(["\\n])')
_PLAIN_PAIR = re.compile(r'([a-zA-Z_]\w*+)="([^"]*+)"', re.ASCII)
_PAIR = re.compile(rb"[ \t]*(" + LABEL + rb"|" + QUOTED + rb")[ \t]*(?:=[ \t]*(" + QUOTED + rb")[ \t]*)?,?", re.DOTALL)
# The label whose value is a number, for each type that has one; it is written in one way only.
_NUMBER_LABELS: Final = {"histogram": "le", "summary": "quantile"}
_NUMBER_MARKS: Final = {"histogram": b"le", "summary": b"quantile"}


def bare(name: bytes) -> str:
    """A name without its quotes."""
    return (name[1:-1] if name.startswith(b'"') else name).decode(errors="surrogateescape")


def is_plain(text: bytes) -> bool:
    """Whether a page is UTF-8 without NULs."""
    if b"\0" in text:
        return False
    try:
        text.isascii() or text.decode()
    except UnicodeDecodeError:
        return False
    return True


def unescape(text: str) -> str:
    """A quoted text: `\\"`, `\\\\` and `\\n` stand for one character, other backslashes for themselves."""
    return _ESCAPED.sub(lambda m: "\n" if m[1] == "n" else m[1], text) if "\\" in text else text


def identity(key: bytes, kind: str) -> bytes:
    """The key of a sample, set apart by type where the type changes how its labels are read."""
    mark = _NUMBER_MARKS.get(kind)
    return key + b"\0" + mark if mark is not None and mark in key else key


def normal_label(name: str, value: str, kind: str) -> str:
    """The value of a label, written in the one way where it is a number."""
    return normal_float(value) if name == _NUMBER_LABELS.get(kind) else value


def read_series(key: bytes, kind: str) -> Pairs:
    """Name and labels of `name{label="value",...}` or `{"name",label="value"}`, which a regular expression has accepted."""
    name, brace, _ = key.partition(b"{")
    if not brace:
        return [("__name__", name.decode())]
    position = len(name) + 1
    metric = name.rstrip(b" \t")
    if not metric:
        first = _PAIR.match(key, position)
        assert first is not None
        position, metric = first.end(), first[1][1:-1]
    return [("__name__", unescape(metric.decode())), *_labels(key, position, kind)]


def read_pairs(braces: bytes) -> Pairs:
    """The labels of an exemplar."""
    return list(_labels(braces, 1, "unknown"))


def _labels(key: bytes, position: int, kind: str) -> Iterable[tuple[str, str]]:
    if b"\\" not in key and kind not in _NUMBER_LABELS:
        pairs: Pairs = _PLAIN_PAIR.findall(key[position:].decode())
        if 2 * len(pairs) == key.count(b'"', position):  # nothing else is in quotes: this is all
            return pairs
    return _labels_one_by_one(key, position, kind)


def _labels_one_by_one(key: bytes, position: int, kind: str) -> Iterator[tuple[str, str]]:
    while (match := _PAIR.match(key, position)) is not None:
        position = match.end()
        name, value = match[1].decode(), match[2].decode()
        label = unescape(name[1:-1]) if name.startswith('"') else name
        yield label, normal_label(label, unescape(value[1:-1]), kind)
