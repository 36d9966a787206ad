"""What pages and endpoints share."""

from dataclasses import dataclass

from dashboards.metrics import DashboardMetrics
from dashboards.model.store import DashboardStore
from dashboards.sources.set import SourceSet
from pharos.clock import Clock


@dataclass(frozen=True, slots=True)
class Services:
    """Built once by `app.py`."""

    store: DashboardStore
    sources: SourceSet
    clock: Clock
    metrics: DashboardMetrics

    def now_ms(self) -> int:
        return int(self.clock.now() * 1000)
