"""Unanchored RE2 patterns of the configuration, searched in text or bytes."""

from typing import Any, Self

from pharos.regex import compile_re2, expand


class Pattern:
    """A pattern as Go's `regexp.MatchString` uses it: anywhere in the text, `.` stops at a newline."""

    __slots__ = ("_compiled", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._compiled = compile_re2(text)

    @classmethod
    def from_config(cls, value: Any) -> Self:
        if not isinstance(value, str):
            raise ValueError("expected a regular expression")
        return cls(value)

    def search(self, text: str | bytes) -> Any:
        """The first match or None. Bytes that are no UTF-8 count as U+FFFD, as in Go."""
        return self._compiled.search(text if isinstance(text, str) else text.decode("utf-8", "replace"))

    def expand(self, match: Any, template: str) -> str:
        """`template` with `${1}` and `$name` filled from a match in text."""
        return expand(match, template)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Pattern({self.text!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pattern) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)
