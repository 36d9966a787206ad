"""Discoverers that ask again and again: one pace, failures counted, the last good answer kept."""

import logging
from typing import Protocol

from collector.discovery.group import Publish, TargetGroup
from collector.discovery.metrics import sd_metrics
from pharos.clock import Clock

logger = logging.getLogger(__name__)


class RefreshError(Exception):
    """One question was not answered; the targets of the last answer stay."""


class Refresher(Protocol):
    """What can be asked for its targets."""

    async def refresh(self) -> list[TargetGroup]:
        """All groups now. Raises `RefreshError`."""
        ...


async def keep_refreshed(source: Refresher, mechanism: str, every_s: float, publish: Publish, clock: Clock) -> None:
    """Publish what `source` finds, every `every_s` seconds, until cancelled."""
    while True:
        try:
            publish(await source.refresh())
        except RefreshError as error:
            sd_metrics.refresh_failures.labels(mechanism).inc()
            logger.error(
                "Unable to refresh target groups, the last ones stay",
                extra={"discovery": mechanism, "reason": str(error)},
            )
        await clock.sleep(every_s)
