"""A target as it is now, for the API and the loop."""

from dataclasses import dataclass, field
from typing import Literal

from collector.scrape.page import Metadata
from collector.scrape.targets import TargetSpec
from pharos.labels import Labels

Health = Literal["up", "down", "unknown"]


@dataclass(slots=True)
class Target:
    """What is known about one target. Times: seconds since 1970; durations: seconds."""

    spec: TargetSpec
    pool: str
    health: Health = "unknown"
    last_error: str = ""
    last_scrape: float = 0.0
    last_scrape_duration: float = 0.0
    metadata: dict[str, Metadata] = field(default_factory=dict)

    @property
    def labels(self) -> Labels:
        return dict(self.spec.labels)

    @property
    def discovered_labels(self) -> Labels:
        return self.spec.discovered

    @property
    def url(self) -> str:
        return self.spec.url
