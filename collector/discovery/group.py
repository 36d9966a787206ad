"""Target groups: what every discoverer finds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from pharos.clock import Clock
from pharos.labels import Labels


@dataclass(frozen=True, slots=True)
class TargetGroup:
    """Targets that were found together: each a set of labels with at least `__address__`, and labels for all of them."""

    targets: tuple[Labels, ...] = ()
    labels: Labels = field(default_factory=dict)
    source: str = ""


Publish: TypeAlias = Callable[[Sequence[TargetGroup]], None]


class Discoverer(Protocol):
    """Finds targets until it is cancelled. Each `publish` replaces everything it published before."""

    async def run(self, publish: Publish, clock: Clock) -> None: ...
