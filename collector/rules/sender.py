"""Sending alerts to every Alertmanager: each has a bounded queue of its own, so a slow one holds up nobody else."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

from collector.config.alerting import AlertingConfig, AlertmanagerConfig
from collector.discovery import TargetGroup, watch
from collector.rules.metrics import SenderMetrics
from collector.rules.outgoing import OutgoingAlert, encode, prepare
from pharos.clock import Clock
from pharos.http.client import new_client, redact_url
from pharos.relabel import relabel

if TYPE_CHECKING:
    import httpx

logger = logging.getLogger(__name__)
_LONGEST_PAUSE_S: Final = 30.0


class AlertSink(Protocol):
    """Takes alerts; never blocks and never fails."""

    def send(self, alerts: Sequence[OutgoingAlert]) -> None: ...


@dataclass(frozen=True, slots=True)
class SenderOptions:
    """The flags `--alertmanager.*`."""

    capacity: int = 10_000
    batch: int = 64
    external_url: str = ""


class Destination:
    """One Alertmanager: its URL, its queue, the task that empties it."""

    def __init__(
        self, url: str, client: "httpx.AsyncClient", options: SenderOptions, metrics: SenderMetrics, clock: Clock
    ) -> None:
        self.url = url
        self._client, self._options, self._metrics, self._clock = client, options, metrics, clock
        self._queue: deque[OutgoingAlert] = deque()
        self._filled = asyncio.Event()

    def put(self, alerts: Sequence[OutgoingAlert]) -> None:
        """Queue alerts; the oldest make room when it is full."""
        self._queue.extend(alerts)
        excess = len(self._queue) - self._options.capacity
        for _ in range(excess):
            self._queue.popleft()
        if excess > 0:
            self._metrics.dropped.labels(self.url).inc(excess)
            logger.warning(
                "Alert queue is full, dropping the oldest", extra={"alertmanager": self.url, "count": excess}
            )
        self._metrics.length.labels(self.url).set(len(self._queue))
        self._filled.set()

    async def run(self) -> None:
        """Send batches until cancelled; a batch that fails is tried again after a pause that grows."""
        pause_s = 1.0
        while True:
            await self._filled.wait()
            if await self._send_one():
                pause_s = 1.0
            else:
                await self._clock.sleep(pause_s)
                pause_s = min(_LONGEST_PAUSE_S, pause_s * 2)

    async def drain(self, timeout_s: float) -> None:
        """Send what is queued, once each, at the end."""
        deadline = self._clock.monotonic() + timeout_s
        while self._queue and self._clock.monotonic() < deadline and await self._send_one():
            pass

    async def _send_one(self) -> bool:
        batch = [self._queue.popleft() for _ in range(min(len(self._queue), self._options.batch))]
        good = await self._post(batch) if batch else True
        if not good:
            self._queue.extendleft(reversed(batch))
        if not self._queue:
            self._filled.clear()
        self._metrics.length.labels(self.url).set(len(self._queue))
        return good

    async def _post(self, batch: list[OutgoingAlert]) -> bool:
        """Whether the batch is done with: taken, or refused for what it is."""
        import httpx

        started = self._clock.monotonic()
        try:
            body = encode(batch, self._options.external_url)
        except TypeError as error:  # text that is no UTF-8
            return self._failed(batch, f"cannot be written as JSON: {error}", retry=False)
        try:
            answer = await self._client.post(self.url, content=body, headers={"Content-Type": "application/json"})
        except (httpx.HTTPError, OSError, ValueError) as error:
            return self._failed(batch, f"{type(error).__name__}: {error}", retry=True)
        self._metrics.latency.labels(self.url).observe(self._clock.monotonic() - started)
        if answer.is_success:
            self._metrics.sent.labels(self.url).inc(len(batch))
            return True
        retry = answer.status_code >= 500 or answer.status_code == 429
        return self._failed(batch, f"bad response status {answer.status_code}", retry=retry)

    def _failed(self, batch: list[OutgoingAlert], reason: str, *, retry: bool) -> bool:
        self._metrics.errors.labels(self.url).inc(len(batch))
        if not retry:
            self._metrics.dropped.labels(self.url).inc(len(batch))
        logger.error(
            "Sending alerts failed",
            extra={"alertmanager": redact_url(self.url), "count": len(batch), "reason": reason, "retry": retry},
        )
        return not retry


class _AlertmanagerSet:
    """One entry of `alertmanagers`: the destinations its discovery finds."""

    def __init__(self, config: AlertmanagerConfig, client: "httpx.AsyncClient") -> None:
        self.config, self.client = config, client
        self.destinations: dict[str, Destination] = {}
        self.tasks: dict[str, asyncio.Task[Any]] = {}
        self.dropped: list[str] = []


class AlertSender:
    """All Alertmanagers of a configuration. `spawn` starts background work (a `Service`'s)."""

    def __init__(
        self,
        clock: Clock,
        metrics: SenderMetrics,
        spawn: Callable[[Coroutine[Any, Any, Any], str], asyncio.Task[Any]],
        options: SenderOptions | None = None,
    ) -> None:
        self._clock, self._metrics, self._spawn = clock, metrics, spawn
        self._options = options or SenderOptions()
        self._config = AlertingConfig()
        self._external: Mapping[str, str] = {}
        self._sets: list[_AlertmanagerSet] = []
        self._watchers: list[asyncio.Task[Any]] = []
        metrics.capacity.set(self._options.capacity)

    def send(self, alerts: Sequence[OutgoingAlert]) -> None:
        """Queue alerts for every Alertmanager."""
        ready = prepare(alerts, self._external, self._config.alert_relabel_configs)
        for group in self._sets:
            own = prepare(ready, {}, group.config.alert_relabel_configs)
            for destination in group.destinations.values() if own else ():
                destination.put(own)

    def alertmanagers(self) -> tuple[list[str], list[str]]:
        """URLs of active and dropped Alertmanagers."""
        active = [url for group in self._sets for url in group.destinations]
        return active, [url for group in self._sets for url in group.dropped]

    async def apply(self, config: AlertingConfig, external: Mapping[str, str]) -> None:
        """Use another configuration. An unchanged set keeps its queues. Raises `OSError` or `ValueError` for unusable TLS files."""
        self._external = dict(external)
        if self._sets and config == self._config:
            return
        fresh = [_AlertmanagerSet(own, new_client(own, timeout_s=float(own.timeout))) for own in config.alertmanagers]
        await self._end()
        self._config, self._sets = config, fresh
        for number, group in enumerate(fresh):
            found = partial(self._found, group)
            self._watchers.append(
                self._spawn(
                    watch(group.config, found, name=f"config-{number}", clock=self._clock), f"alertmanagers {number}"
                )
            )

    async def close(self, timeout_s: float = 2.0) -> None:
        """Send what is queued, then let go."""
        await asyncio.gather(
            *(destination.drain(timeout_s) for group in self._sets for destination in group.destinations.values())
        )
        await self._end()

    async def _end(self) -> None:
        tasks = [*self._watchers, *(task for group in self._sets for task in group.tasks.values())]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        for group in self._sets:
            await group.client.aclose()
        self._sets, self._watchers = [], []

    def _found(self, group: _AlertmanagerSet, targets: Sequence[TargetGroup]) -> None:
        """Discovery has news: start what is new, end what is gone."""
        wanted, group.dropped = alertmanager_urls(targets, group.config)
        for url in [url for url in group.destinations if url not in wanted]:
            del group.destinations[url]
            group.tasks.pop(url).cancel()
        for url in wanted:
            if url not in group.destinations:
                destination = Destination(url, group.client, self._options, self._metrics, self._clock)
                group.destinations[url] = destination
                group.tasks[url] = self._spawn(destination.run(), f"alertmanager {redact_url(url)}")
        self._metrics.discovered.set(sum(len(one.destinations) for one in self._sets))


def alertmanager_urls(groups: Sequence[TargetGroup], config: AlertmanagerConfig) -> tuple[list[str], list[str]]:
    """URLs to post to, and those that relabelling dropped; each once."""
    active: dict[str, None] = {}
    dropped: dict[str, None] = {}
    prefix = "/" + config.path_prefix.strip("/") if config.path_prefix.strip("/") else ""
    for group in groups:
        for target in group.targets:
            labels = {
                "__scheme__": config.scheme,
                "__alerts_path__": f"{prefix}/api/v2/alerts",
                **group.labels,
                **target,
            }
            final = relabel(labels, config.relabel_configs)
            shown = labels if final is None else final
            url = (
                f"{shown.get('__scheme__', 'http')}://{shown.get('__address__', '')}{shown.get('__alerts_path__', '')}"
            )
            (dropped if final is None else active)[url] = None
    return list(active), list(dropped)
