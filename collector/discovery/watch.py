"""All discoverers of one job together: their groups merged, changes handed on at most once in a while."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from collector.config.discovery import SUPPORTED, DiscoveryOptions
from collector.discovery.group import Discoverer, TargetGroup
from collector.discovery.metrics import sd_metrics
from collector.discovery.registry import discoverers
from pharos.clock import Clock, SystemClock

logger = logging.getLogger(__name__)

QUIET_S: Final = 2.0  # changes that come in a burst are taken together
RESTART_S: Final = 10.0


def build(options: DiscoveryOptions) -> list[tuple[str, Discoverer]]:
    """The discoverers a job asks for, each with the configuration key it stands under."""
    return [(key, discoverers[key].factory(config)) for key in SUPPORTED for config in getattr(options, key)]


async def watch(
    options: DiscoveryOptions,
    on_change: Callable[[Sequence[TargetGroup]], None],
    *,
    name: str = "",
    clock: Clock | None = None,
) -> None:
    """Call `on_change` with all target groups, now and after each change, until cancelled."""
    clock = clock or SystemClock()
    found: dict[int, Sequence[TargetGroup]] = {}
    changed = asyncio.Event()
    sources = build(options)

    def publish(number: int, groups: Sequence[TargetGroup]) -> None:
        sd_metrics.updates.labels(name).inc()
        found[number] = groups
        changed.set()

    async with asyncio.TaskGroup() as tasks:
        for number, (key, source) in enumerate(sources):
            tasks.create_task(_keep_running(source, key, partial(publish, number), clock))
        if not sources:
            on_change([])
        await _hand_on(found, changed, on_change, name, clock)


async def _hand_on(
    found: dict[int, Sequence[TargetGroup]],
    changed: asyncio.Event,
    on_change: Callable[[Sequence[TargetGroup]], None],
    name: str,
    clock: Clock,
) -> None:
    while True:
        await changed.wait()
        changed.clear()
        groups = [group for number in sorted(found) for group in found[number]]
        sd_metrics.discovered.labels(name, name).set(sum(len(group.targets) for group in groups))
        on_change(groups)
        await clock.sleep(QUIET_S)


async def _keep_running(
    source: Discoverer, key: str, publish: Callable[[Sequence[TargetGroup]], None], clock: Clock
) -> None:
    while True:
        try:
            await source.run(publish, clock)
        except Exception:
            sd_metrics.refresh_failures.labels(key.removesuffix("_configs").removesuffix("_sd")).inc()
            logger.exception("Discovery failed, trying again", extra={"discovery": key, "after_s": RESTART_S})
            await clock.sleep(RESTART_S)
        else:
            return
