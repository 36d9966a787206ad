"""Picking few lines out of a long file of `key value` lines whose order changes only with the kernel."""

from collections.abc import Callable, Iterator
from typing import Final

Field = tuple[str, str]
"""Name and help of a family."""


class Fields:
    """Remembers where the wanted lines stand and looks at no others, as long as the file keeps its shape."""

    def __init__(self, family: Callable[[str], Field | None], separator: str = " ") -> None:
        self._family: Final = family
        self._separator = separator
        self._count = 0
        self._places: list[tuple[int, str, Field]] = []

    def of(self, text: str) -> Iterator[tuple[Field, int]]:
        """Families and values. `family` says for each key what it is called, None when it is not wanted."""
        lines = text.split("\n")
        if not self._fits(lines):
            self._learn(lines)
        for place, prefix, field in self._places:
            yield field, int(lines[place][len(prefix) :])

    def _fits(self, lines: list[str]) -> bool:
        return len(lines) == self._count and all(lines[place].startswith(prefix) for place, prefix, _ in self._places)

    def _learn(self, lines: list[str]) -> None:
        self._count, self._places = len(lines), []
        for place, line in enumerate(lines):
            key, separator, _ = line.partition(self._separator)
            field = self._family(key) if separator else None
            if field is not None:
                self._places.append((place, key + separator, field))
