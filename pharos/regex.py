"""RE2 regular expressions as Prometheus uses them: anchored at both ends, `.` matches a newline, linear time.

Most patterns in rules and dashboards are literals, alternations of literals or prefixes; those never reach the RE2 engine.
"""

import re
from functools import lru_cache
from typing import Any, Final

_META: Final = frozenset(r"\.+*?()|[]{}^$")
_REFERENCE = re.compile(r"\$(?:\$|\{([^{}]*)\}|(\w+))", re.ASCII)


class RegexError(ValueError):
    """A pattern that RE2 refuses; the text says why."""


# The engine's words, and those of Go's regexp package, which users of Prometheus know.
_GO_WORDS: Final = {
    "missing )": "missing closing )",
    "missing ]": "missing closing ]",
    "trailing \\": "trailing backslash at end of expression",
    "no argument for repetition operator": "missing argument to repetition operator",
    "invalid repetition size": "invalid repeat count",
    "bad repetition operator": "invalid nested repetition operator",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "invalid named capture group": "invalid named capture",
}


def _in_go_words(reason: str, pattern: str) -> str:
    code, _, part = reason.partition(": ")
    return f"{_GO_WORDS.get(code, code)}: `{part or pattern}`"


def compile_re2(pattern: str, *, dot_newline: bool = False) -> Any:
    """A compiled `re2` pattern (search semantics). Raises `RegexError`."""
    import re2  # 2.5 MB that a small exporter without patterns does without

    options = re2.Options()
    options.log_errors = False
    options.dot_nl = dot_newline
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error.args[0])
        raise RegexError(f"error parsing regexp: {_in_go_words(reason, pattern)}") from error


class Regex:
    """An anchored pattern. `literals`: the exact set it matches, if it is one; `prefix`: literal text all matches begin with."""

    __slots__ = ("_compiled", "_tail", "literals", "pattern", "prefix")

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self._compiled = compile_re2(pattern, dot_newline=True)
        self.literals = _literals(pattern)
        self.prefix, self._tail = _prefix(pattern) if self.literals is None else ("", "")

    def matches(self, text: str) -> bool:
        """Whether the whole of `text` matches."""
        if self.literals is not None:
            return text in self.literals
        if self._tail == ".*":
            return text.startswith(self.prefix)
        if self._tail == ".+":
            return len(text) > len(self.prefix) and text.startswith(self.prefix)
        return self._compiled.fullmatch(text) is not None

    def expand(self, text: str, template: str) -> str | None:
        """`template` with `$1`, `${1}` and `${name}` filled in Go's way, or None when `text` does not match."""
        match = self._compiled.fullmatch(text)
        return None if match is None else expand(match, template)

    def __str__(self) -> str:
        return self.pattern

    def __repr__(self) -> str:
        return f"Regex({self.pattern!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Regex) and other.pattern == self.pattern

    def __hash__(self) -> int:
        return hash(self.pattern)


@lru_cache(maxsize=4096)
def anchored(pattern: str) -> Regex:
    """The `Regex` of a pattern, compiled once."""
    return Regex(pattern)


def expand(match: Any, template: str) -> str:
    """Go's `Regexp.Expand`: `$name` is the longest run of word characters, unknown groups are empty, `$$` is `$`."""

    def fill(reference: re.Match[str]) -> str:
        if reference[0] == "$$":
            return "$"
        name = reference[1] if reference[1] is not None else reference[2]
        if not re.fullmatch(r"\w+", name, re.ASCII):
            return reference[0]
        return _group(match, name)

    return _REFERENCE.sub(fill, template)


def _group(match: Any, name: str) -> str:
    import re2

    try:
        return match.group(int(name) if name.isdigit() else name) or ""
    except (IndexError, KeyError, re2.error):
        return ""


def _literals(pattern: str) -> frozenset[str] | None:
    body = pattern[1:-1] if pattern.startswith("(") and pattern.endswith(")") else pattern
    parts = body.split("|")
    if any(set(part) & _META for part in parts):
        return None
    return frozenset(parts)


def _prefix(pattern: str) -> tuple[str, str]:
    """The leading literal and what follows it; a literal before a quantifier belongs to the rest."""
    cut = next((i for i, char in enumerate(pattern) if char in _META), len(pattern))
    if "|" in pattern:
        return "", pattern
    if cut < len(pattern) and pattern[cut] in "*?+{" and cut:
        cut -= 1
    return pattern[:cut], pattern[cut:]
