"""Batches: serialised documents on their way out, and what to check off when they have arrived.

An item is the two lines of a bulk action as bytes. Batches carry marks: for each source the position up to which everything is in
this batch or an earlier one. Since batches are delivered in order, a delivered batch moves its sources' checkpoints to its marks.
"""

from dataclasses import dataclass, field
from typing import Protocol

from logship.held import Mark


class Source(Protocol):
    """Something with a position that is remembered: a file being read."""

    def delivered(self, mark: Mark) -> None: ...


@dataclass(slots=True)
class Batch:
    """Items in order."""

    items: list[bytes] = field(default_factory=list)
    size: int = 0
    marks: dict[Source, Mark] = field(default_factory=dict)
    cut: bool = False
    """A record in it ended only because no more came in time: checkpoints must be saved before this is sent."""
    created: float = 0.0
    """Monotonic time of the first item."""

    def add(self, item: bytes) -> None:
        self.items.append(item)
        self.size += len(item)

    def check_off(self) -> None:
        """Everything has arrived."""
        for source, mark in self.marks.items():
            source.delivered(mark)
