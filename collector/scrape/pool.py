"""The targets of one job: discovery in, loops out."""

import asyncio
import logging
from collections.abc import Sequence

from collector.config.scrape import ScrapeConfig
from collector.discovery import TargetGroup, watch
from collector.scrape.fetch.wire import BufferPool
from collector.scrape.loop import ScrapeLoop
from collector.scrape.metrics import ScrapeMetrics
from collector.scrape.target import Target
from collector.scrape.targets import TargetSpec, build_targets, within_limit
from collector.storage.interface import Appendable
from pharos.clock import Clock
from pharos.labels import Labels

logger = logging.getLogger(__name__)


class ScrapePool:
    """One job. A target that stays keeps its loop when the set of targets changes."""

    def __init__(
        self, config: ScrapeConfig, storage: Appendable, clock: Clock, metrics: ScrapeMetrics, buffers: BufferPool
    ) -> None:
        self.config = config
        self._storage, self._clock, self._metrics, self._buffers = storage, clock, metrics, buffers
        self._loops: dict[object, ScrapeLoop] = {}
        self._tasks: dict[object, asyncio.Task[None]] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._discovery: asyncio.Task[None] | None = None
        self.dropped: list[Labels] = []
        self.dropped_count = 0
        metrics.pools.inc()

    def start(self) -> None:
        """Begin to look for targets."""
        self._discovery = asyncio.create_task(
            watch(self.config, self.sync, name=self.config.job_name, clock=self._clock),
            name=f"discovery:{self.config.job_name}",
        )

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        """What must not fail."""
        return [*self._tasks.values(), *([self._discovery] if self._discovery else [])]

    def targets(self) -> list[Target]:
        return [loop.target for loop in self._loops.values()]

    def sync(self, groups: Sequence[TargetGroup]) -> None:
        """Take these groups as all there is: start loops for new targets, end those of targets that are gone."""
        built = build_targets(groups, self.config)
        for error in built.errors:
            logger.error("Cannot use a target", extra={"job": self.config.job_name, "reason": error})
        self.dropped_count = len(built.dropped)
        keep = self.config.keep_dropped_targets
        self.dropped = built.dropped[:keep] if keep else built.dropped
        wanted = {spec.key: spec for spec in built.targets}
        for key in self._loops.keys() - wanted.keys():
            self._end(key)
        for key, spec in wanted.items():
            if key in self._loops:
                self._loops[key].target.spec = spec
            else:
                self._begin(key, spec)
        self._apply_limit(built.targets)
        self._metrics.syncs.labels(self.config.job_name).inc()
        self._metrics.targets.labels(self.config.job_name).set(len(wanted))

    def _apply_limit(self, targets: Sequence[TargetSpec]) -> None:
        self._metrics.target_limit.labels(self.config.job_name).set(self.config.target_limit)
        error = within_limit(targets, self.config)
        if error:
            self._metrics.over_target_limit.inc()
        for loop in self._loops.values():
            loop.forced_error = error

    def _begin(self, key: object, spec: TargetSpec) -> None:
        target = Target(spec, self.config.job_name)
        loop = ScrapeLoop(target, self.config, self._storage, self._clock, self._metrics, self._buffers)
        self._loops[key] = loop
        self._tasks[key] = asyncio.create_task(loop.run(), name=f"scrape:{spec.url}")

    def _end(self, key: object) -> None:
        loop, task = self._loops.pop(key), self._tasks.pop(key)
        leaving = asyncio.create_task(_finish(loop, task, ended=True))
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)

    async def stop(self, *, ended: bool) -> None:
        """Stop all loops. `ended`: the job is gone; else the server stops."""
        if self._discovery is not None:
            self._discovery.cancel()
            await asyncio.wait({self._discovery})
        await asyncio.gather(
            *self._leaving,
            *(_finish(self._loops[key], task, ended=ended) for key, task in self._tasks.items()),
        )
        self._loops.clear()
        self._tasks.clear()


async def _finish(loop: ScrapeLoop, task: asyncio.Task[None], *, ended: bool) -> None:
    task.cancel()
    await asyncio.wait({task})
    await loop.close(ended=ended)
