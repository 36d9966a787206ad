"""Marking the words a query found. Pure: words and patterns per field come from the query builder."""

import fnmatch
import re
from collections.abc import Iterable
from typing import Any, Final

from logstore.source_filter import leaves

_WORD: Final = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]|[^\W_]+")
FRAGMENT_SIZE: Final = 100
FRAGMENTS: Final = 5


class Highlighter:
    """Marks the hits of one search."""

    def __init__(self, spec: dict[str, Any], terms: Iterable[tuple[str, str]]) -> None:
        fields = spec.get("fields") or {}
        if isinstance(fields, list):
            fields = {name: options for item in fields for name, options in item.items()}
        self._fields: dict[str, dict[str, Any]] = {name: {**spec, **options} for name, options in fields.items()}
        self._words: dict[str, set[str]] = {}
        self._patterns: dict[str, list[re.Pattern[str]]] = {}
        for field, term in terms:
            if term.startswith("/"):
                self._patterns.setdefault(field, []).append(re.compile(term[1:], re.IGNORECASE))
            else:
                self._words.setdefault(field, set()).add(term.lower())

    def mark(self, doc: dict[str, Any]) -> dict[str, list[str]]:
        """Field -> marked fragments, for the fields with something to mark."""
        out: dict[str, list[str]] = {}
        for name, value in leaves(doc):
            if not isinstance(value, str):
                continue
            options = self._options(name)
            if options is not None:
                fragments = self._fragments(value, name, options)
                if fragments:
                    out.setdefault(name, []).extend(fragments)
        return out

    def _options(self, name: str) -> dict[str, Any] | None:
        return next((o for pattern, o in self._fields.items() if fnmatch.fnmatchcase(name, pattern)), None)

    def _spans(self, text: str, name: str, *, any_field: bool) -> list[tuple[int, int]]:
        names = set(self._words) | set(self._patterns) if any_field else {name, name + ".keyword"}
        words = set().union(*(self._words.get(n, set()) for n in names))
        patterns = [pattern for n in names for pattern in self._patterns.get(n, [])]
        if not words and not patterns:
            return []
        found = [
            match.span()
            for match in _WORD.finditer(text)
            if match[0].lower() in words or any(pattern.fullmatch(match[0]) for pattern in patterns)
        ]
        if not found and (text.lower() in words or any(pattern.fullmatch(text) for pattern in patterns)):
            return [(0, len(text))]
        return found

    def _fragments(self, text: str, name: str, options: dict[str, Any]) -> list[str]:
        spans = self._spans(text, name, any_field=options.get("require_field_match") is False)
        if not spans:
            return []
        before = (options.get("pre_tags") or ["<em>"])[0]
        after = (options.get("post_tags") or ["</em>"])[0]
        count = int(options.get("number_of_fragments", FRAGMENTS))
        size = len(text) if count == 0 else int(options.get("fragment_size", FRAGMENT_SIZE))
        out = []
        for low, high, inside in _windows(text, spans, size):
            out.append(_marked(text, low, high, inside, before, after))
            if len(out) == max(1, count):
                break
        return out


def _windows(text: str, spans: list[tuple[int, int]], size: int) -> Iterable[tuple[int, int, list[tuple[int, int]]]]:
    """Stretches of about `size` characters around the spans, cut at spaces."""
    at = 0
    while at < len(spans):
        start = spans[at][0]
        low = 0 if len(text) <= size else max(0, start - size // 4)
        if low:
            low = text.rfind(" ", 0, start) + 1 if text.rfind(" ", low, start) < 0 else text.find(" ", low, start) + 1
        high = len(text) if low + size >= len(text) else max(low + size, spans[at][1])
        if high < len(text):
            gap = text.find(" ", high)
            high = gap if 0 <= gap < high + 30 else high
        inside = []
        while at < len(spans) and spans[at][1] <= high:
            inside.append(spans[at])
            at += 1
        yield low, high, inside


def _marked(text: str, low: int, high: int, spans: list[tuple[int, int]], before: str, after: str) -> str:
    out, at = [], low
    for start, end in spans:
        out += [text[at:start], before, text[start:end], after]
        at = end
    out.append(text[at:high])
    return "".join(out)
