"""Which lines belong to the record before them: stack traces of Java, Python and Go. Pure and cheap: most lines are told by their first byte."""

import re
from typing import Final

_JAVA_EXCEPTION: Final = re.compile(rb"[a-z][\w$]*(?:\.[\w$]+)*\.[\w$]*(?:Exception|Error|Throwable)\b")
_GO_FRAME: Final = re.compile(rb"[\w./*()\[\]{}$-]+\(.*\)$|created by |goroutine \d+ \[|\[signal |exit status ")
MAX_LINES: Final = 1000
MAX_BYTES: Final = 512 * 1024


class Rule:
    """Decides line by line. Keeps the kind of trace the current record is in; one object per stream of lines."""

    __slots__ = ("go", "indented", "java", "mode", "python")

    def __init__(self, kinds: frozenset[str]) -> None:
        self.java, self.python, self.go = "java" in kinds, "python" in kinds, "go" in kinds
        self.indented = bool(kinds)
        self.mode = 0
        """0 none, 1 inside a Python traceback, 2 inside a Go panic."""

    def starts(self, line: bytes) -> None:
        """A record begins with this line."""
        first = line[:1]
        if self.python and first == b"T" and line.startswith(b"Traceback (most recent call last)"):
            self.mode = 1
        elif self.go and (
            (first == b"p" and line.startswith(b"panic: ")) or (first == b"f" and line.startswith(b"fatal error: "))
        ):
            self.mode = 2
        else:
            self.mode = 0

    def continues(self, line: bytes) -> bool:
        """Whether this line belongs to the record begun before."""
        first = line[:1]
        if self.mode == 1:
            if first != b" ":
                self.mode = 0
            return True
        if self.mode == 2:
            if first in (b"", b"\t", b" ") or _GO_FRAME.match(line):
                return True
            self.mode = 0
            return False
        if first in (b" ", b"\t"):
            return self.indented
        if not self.java:
            return False
        if first == b"C":
            return line.startswith(b"Caused by: ")
        return first.islower() and _JAVA_EXCEPTION.match(line) is not None


def kinds_of(name: str) -> frozenset[str]:
    """`none`, `auto` (all) or one language."""
    return {"none": frozenset[str](), "auto": frozenset({"java", "python", "go"})}.get(name, frozenset({name}))
