"""The interface of an output."""

from dataclasses import dataclass, field
from typing import Protocol


class RetryLaterError(Exception):
    """Nothing of the batch is known to have arrived; try again. `retry_after_s`: when the output said when."""

    def __init__(self, reason: str, detail: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(detail or reason)
        self.reason, self.retry_after_s = reason, retry_after_s


class TooLargeError(Exception):
    """The batch is too large for the output: send it in halves."""


@dataclass(slots=True)
class Delivery:
    """What became of a batch: all items not listed have arrived."""

    known: int = 0
    """Items the output had already."""
    later: list[int] = field(default_factory=list)
    """Items to send again."""
    refused: list[tuple[int, str]] = field(default_factory=list)
    """Items the output will never take, and why."""


class Outlet(Protocol):
    """Sends items. Called by the sender thread only."""

    def send(self, items: list[bytes]) -> Delivery: ...
    def close(self) -> None: ...
