"""The targets of one job: discovery in, loops out."""

import asyncio
import logging
from collections.abc import Sequence

from collector.config.scrape import ScrapeConfig
from collector.discovery import TargetGroup, watch
from collector.scrape.loop import ScrapeLoop
from collector.scrape.target import Target
from collector.scrape.targets import TargetSpec, build_targets, within_limit
from collector.scrape.workplace import Workplace
from pharos.labels import Labels

logger = logging.getLogger(__name__)


class ScrapePool:
    """One job. A target that stays keeps its loop when the set of targets changes."""

    def __init__(self, config: ScrapeConfig, workplace: Workplace) -> None:
        self.config = config
        self._workplace, self._metrics = workplace, workplace.metrics
        self._loops: dict[object, ScrapeLoop] = {}
        self._tasks: dict[object, asyncio.Task[None]] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._outdated: set[object] = set()  # loops that still run by an older configuration
        self._discovery: asyncio.Task[None] | None = None
        self._moving: dict[object, TargetSpec] = {}  # what goes on with the series of a loop that is ending
        self._stopping = False
        self.dropped: list[Labels] = []
        self.dropped_count = 0
        self._metrics.pools.inc()

    def start(self) -> None:
        """Begin to look for targets."""
        self._discovery = asyncio.create_task(
            watch(self.config, self.sync, name=self.config.job_name, clock=self._workplace.clock),
            name=f"discovery:{self.config.job_name}",
        )

    async def reconfigure(self, config: ScrapeConfig) -> None:
        """Take another configuration of the same job. Targets that stay change over without their series ending."""
        if self._discovery is not None:
            self._discovery.cancel()
            await asyncio.wait({self._discovery})
        self.config = config
        self._outdated = set(self._loops)
        self.start()

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
        staying = {spec.identity: spec for spec in built.targets}
        limit_error = self._limit_error(built.targets)
        for key in (self._loops.keys() - wanted.keys()) | self._outdated:
            self._end(key, staying.get(self._loops[key].target.spec.identity), limit_error)
        moving = {spec.key for spec in self._moving.values()}
        for key, spec in wanted.items():
            if key in self._loops:
                self._loops[key].target.spec = spec
            elif key not in moving:
                self._begin(spec, limit_error)
        self._outdated = set()
        for loop in self._loops.values():
            loop.forced_error = limit_error
        self._metrics.syncs.labels(self.config.job_name).inc()
        self._metrics.targets.labels(self.config.job_name).set(len(wanted))

    def _limit_error(self, targets: Sequence[TargetSpec]) -> str:
        self._metrics.target_limit.labels(self.config.job_name).set(self.config.target_limit)
        error = within_limit(targets, self.config)
        if error:
            self._metrics.over_target_limit.inc()
        return error

    def _begin(self, spec: TargetSpec, limit_error: str) -> None:
        target = Target(spec, self.config.job_name)
        loop = ScrapeLoop(target, self.config, self._workplace)
        loop.forced_error = limit_error
        self._loops[spec.key] = loop
        self._tasks[spec.key] = asyncio.create_task(loop.run(), name=f"scrape:{spec.url}")

    def _end(self, key: object, successor: TargetSpec | None, limit_error: str) -> None:
        """End a loop; its series end too unless another loop goes on with them."""
        loop, task = self._loops.pop(key), self._tasks.pop(key)
        if successor is not None:
            self._moving[key] = successor
        leaving = asyncio.create_task(self._hand_over(key, loop, task, limit_error))
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)

    async def _hand_over(self, key: object, loop: ScrapeLoop, task: asyncio.Task[None], limit_error: str) -> None:
        """A series belongs to one loop at a time: the next begins when the last has let go."""
        await _finish(loop, task, ended=key not in self._moving)
        successor = self._moving.pop(key, None)
        if successor is not None and not self._stopping:
            self._begin(successor, limit_error)

    async def stop(self, *, ended: bool) -> None:
        """Stop all loops. `ended`: the job is gone; else the server stops."""
        self._stopping = True
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
