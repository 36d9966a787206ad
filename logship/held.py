"""The record that may go on: one per output stream of a container.

A record is held until a line comes that does not belong to it, or until it has waited long enough. Where it began, in which files, and how it ended is
what a restart must repeat exactly: the ids of documents are made of it.
"""

from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

from logship.parse.multiline import MAX_BYTES, MAX_LINES, Rule

HOLD_S: Final = 0.3
"""A record waits this long for a line that continues it."""
PARTIAL_HOLD_S: Final = 10.0
"""A partial line waits longer for its rest: the writer has stopped in the middle of a line, or has died."""


class Mark(NamedTuple):
    """How far a file is done: everything before `offset`, and of some streams more."""

    offset: int
    ahead: dict[str, int] = {}  # noqa: RUF012 - never changed
    """Stream -> its lines before this offset are done too."""


@dataclass(slots=True)
class Resume:
    """What to mind when lines are read again after a restart, so that the same records come out."""

    ahead: dict[str, int] = field(default_factory=dict)
    cuts: frozenset[int] = frozenset()
    """Ends of records that were let go because no more came in time."""

    @property
    def until(self) -> int:
        return max((*self.ahead.values(), *self.cuts), default=0)


class Origin(Protocol):
    """The file a line came from."""

    key: bytes
    """Beginning of its document ids."""
    resume: Resume | None

    def remember_cut(self, offset: int) -> None: ...


class Held:
    """One output stream: what its documents end with, and the record that is open."""

    __slots__ = (
        "begins", "content", "end", "ending", "filled", "more", "name", "origin", "partial", "rule", "size", "start", "time", "touched", "whole",
    )  # fmt: skip

    def __init__(self, name: str, ending: bytes, kinds: frozenset[str]) -> None:
        self.name, self.ending = name, ending
        self.whole = b" %b F " % name.encode()
        """What stands between time and content of a whole CRI line."""
        self.rule = Rule(kinds)
        self.filled = self.partial = False
        self.origin: Origin | None = None
        """The file of its last line."""
        self.begins: list[tuple[Origin, int]] = []
        """Files before that one it has lines in, and where in each."""
        self.start = self.end = self.size = 0
        self.time = self.content = b""
        self.more: list[bytes] = []
        self.touched = 0.0

    def open(self, origin: Origin, start: int, end: int, time: bytes, content: bytes, monotonic: float) -> None:
        """Begin a record with a line."""
        self.filled, self.origin = True, origin
        self.start, self.end, self.time, self.content, self.touched = start, end, time, content, monotonic

    def extend(self, origin: Origin, start: int, end: int, monotonic: float) -> None:
        """A line more belongs to it."""
        if origin is not self.origin:
            assert self.origin is not None
            self.begins.append((self.origin, self.start))
            self.origin, self.start = origin, start
        self.end, self.touched = end, monotonic

    def goes_on(self, content: bytes) -> bool:
        """Whether a line belongs to the open record; then it is in it."""
        if len(self.more) >= MAX_LINES or self.size > MAX_BYTES or not self.rule.continues(content):
            return False
        self.more.append(content)
        self.size += len(content)
        return True

    def is_due(self, monotonic: float) -> bool:
        return self.filled and monotonic - self.touched >= (PARTIAL_HOLD_S if self.partial else HOLD_S)

    def close(self) -> tuple[Origin, int, int, bytes]:
        """End the record: the file it began in, where, its length (of the part in its last file), its content."""
        assert self.origin is not None
        content = self.content
        if self.more:
            content = b"\n".join([content, *self.more])
            self.more, self.size = [], 0
        origin, start = self.begins[0] if self.begins else (self.origin, self.start)
        length = self.end - start
        self.begins.clear()
        self.filled = self.partial = False
        self.rule.mode = 0
        return origin, start, length, content

    def resumes_at(self, origin: Origin, position: int) -> int:
        """From where a file read up to `position` must be read again for this stream."""
        if not self.filled:
            return position
        if origin is self.origin:
            return self.start
        return next((start for other, start in self.begins if other is origin), position)
