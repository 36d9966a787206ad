"""Which backing indices are too old or too many. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backing:
    """What retention knows of a backing index of a data stream. `closed_ms`: when the next one took over."""

    name: str
    closed_ms: int
    size_bytes: int
    retention_ms: int | None = None
    """A shorter life of its own data stream."""


def expired(
    backings: Iterable[Backing], now_ms: int, retention_ms: int | None, size_bytes: int | None, total_bytes: int
) -> list[str]:
    """Names to drop: those whose newest document is older than the retention, then the oldest until the size fits."""
    gone = []
    for backing in sorted(backings, key=lambda backing: backing.closed_ms):
        lives = [ms for ms in (retention_ms, backing.retention_ms) if ms]
        old = bool(lives) and now_ms - backing.closed_ms > min(lives)
        if old or (size_bytes and total_bytes > size_bytes):
            gone.append(backing.name)
            total_bytes -= backing.size_bytes
    return gone
