"""All jobs: takes a configuration, keeps what did not change, and answers questions about targets."""

import asyncio
import logging
from collections import defaultdict

from prometheus_client import CollectorRegistry

from collector.config.prometheus import PrometheusConfig
from collector.discovery import sd_metrics
from collector.scrape.metrics import ScrapeMetrics
from collector.scrape.page import Metadata
from collector.scrape.pool import ScrapePool
from collector.scrape.settings import DEFAULTS, ScrapeSettings
from collector.scrape.target import Target
from collector.scrape.workplace import Workplace
from collector.storage.interface import Appendable
from pharos.clock import Clock
from pharos.labels import Labels

logger = logging.getLogger(__name__)


class ScrapeManager:
    """Scrapes what `apply` says into `storage`. `run` watches over the loops until `stop`."""

    def __init__(
        self,
        storage: Appendable,
        clock: Clock,
        registry: CollectorRegistry,
        settings: ScrapeSettings = DEFAULTS,
    ) -> None:
        self._metrics = ScrapeMetrics(registry)
        self._workplace = Workplace(storage, clock, self._metrics, settings)
        sd_metrics.register(registry)
        self._pools: dict[str, ScrapePool] = {}
        self._stopped = asyncio.Event()

    async def apply(self, config: PrometheusConfig) -> None:
        """Take a configuration. Jobs that are the same go on undisturbed."""
        wanted = {job.job_name: job for job in config.scrape_configs}
        for name, pool in list(self._pools.items()):
            if name not in wanted:
                await pool.stop(ended=True)
                del self._pools[name]
            elif wanted[name] != pool.config:
                await pool.reconfigure(wanted[name])
        for name, job in wanted.items():
            if name not in self._pools:
                pool = ScrapePool(job, self._workplace)
                self._pools[name] = pool
                pool.start()
        self._metrics.reloads.inc()

    async def run(self) -> None:
        """Until `stop`; raises when a loop died, which no target can cause."""
        while not self._stopped.is_set():
            for pool in self._pools.values():
                for task in pool.tasks:
                    if task.done() and not task.cancelled():
                        task.result()
            try:
                async with asyncio.timeout(1.0):
                    await self._stopped.wait()
            except TimeoutError:
                continue

    async def stop(self) -> None:
        """End all loops; series are left as they are, so that a restart does not look like an end."""
        self._stopped.set()
        await asyncio.gather(*(pool.stop(ended=False) for pool in self._pools.values()))
        self._pools.clear()

    def scrape_pools(self) -> list[str]:
        return sorted(self._pools)

    def active_targets(self) -> dict[str, list[Target]]:
        """Targets by job."""
        return {name: pool.targets() for name, pool in sorted(self._pools.items())}

    def dropped_targets(self) -> dict[str, list[Labels]]:
        """Discovered labels of targets that relabelling dropped, by job; at most `keep_dropped_targets` each."""
        return {name: pool.dropped for name, pool in sorted(self._pools.items())}

    def dropped_counts(self) -> dict[str, int]:
        """How many targets relabelling dropped, by job."""
        return {name: pool.dropped_count for name, pool in sorted(self._pools.items())}

    def metadata(self, metric: str = "") -> dict[str, list[Metadata]]:
        """What targets say about metric families; all different statements, the first first."""
        found: dict[str, dict[Metadata, None]] = defaultdict(dict)
        for pool in self._pools.values():
            for target in pool.targets():
                for name, metadata in target.metadata.items():
                    if not metric or name == metric:
                        found[name][metadata] = None
        return {name: list(known) for name, known in found.items()}
