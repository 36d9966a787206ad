"""The rule manager: one task per group keeps its rhythm; evaluation happens in worker threads, storing on the event loop."""

import asyncio
import concurrent.futures
import logging
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from collector.rules.alerting import AlertingRule
from collector.rules.group import Group, evaluate_group
from collector.rules.metrics import RuleMetrics
from collector.rules.outgoing import OutgoingAlert
from collector.rules.restore import restore
from collector.rules.samples import QueryFunction, RuleError, Sample
from collector.rules.sender import AlertSink
from collector.storage.interface import Appendable, Queryable
from pharos.clock import Clock
from pharos.labels import LabelSet

logger = logging.getLogger(__name__)
_STORE_TIMEOUT_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class RuleOptions:
    """The flags `--rules.*`. Times in milliseconds."""

    outage_tolerance_ms: int = 3_600_000
    grace_ms: int = 600_000
    resend_ms: int = 60_000
    workers: int = 4


class RuleManager:
    """Owns the groups. `spawn` starts background work (a `Service`'s)."""

    def __init__(
        self,
        query: QueryFunction,
        reader: Queryable,
        writer: Appendable,
        sink: AlertSink,
        clock: Clock,
        metrics: RuleMetrics,
        spawn: Callable[[Coroutine[Any, Any, Any], str], asyncio.Task[Any]],
        options: RuleOptions | None = None,
    ) -> None:
        self._query, self._reader, self._writer, self._sink = query, reader, writer, sink
        self._clock, self._metrics, self._spawn = clock, metrics, spawn
        self._options = options or RuleOptions()
        self._pool = ThreadPoolExecutor(self._options.workers, thread_name_prefix="rules")
        self._groups: dict[str, Group] = {}
        self._tasks: dict[str, asyncio.Task[Any]] = {}
        self._stopping = False

    @property
    def groups(self) -> list[Group]:
        """All groups, by file and name."""
        return [self._groups[key] for key in sorted(self._groups)]

    async def apply(self, groups: Sequence[Group]) -> None:
        """Replace the groups. Those that stay keep their alerts and figures; series of those that go become stale."""
        old = self._groups
        fresh = {group.key: group for group in groups}
        for key, group in fresh.items():
            if key in old:
                await self._end(key)
                group.adopt(old[key])
        for key in set(old) - set(fresh):
            await self._end(key)
            self._retire(old[key])
        self._groups = fresh
        self._metrics.watch(self._groups)
        for key, group in fresh.items():
            self._tasks[key] = self._spawn(self._keep_evaluating(group), f"rules {key}")

    async def close(self) -> None:
        """End all loops; a round that runs is let finish."""
        self._stopping = True
        for key in list(self._tasks):
            await self._end(key)
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _end(self, key: str) -> None:
        task = self._tasks.pop(key, None)
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    def _retire(self, group: Group) -> None:
        series = sorted({series for rule in group.rules for series in rule.state.produced} | group.left_over)
        if series:
            from collector.storage.interface import STALE_NAN

            at_ms = int(self._clock.now() * 1000)
            self._append(series, [Sample({}, float(STALE_NAN))] * len(series), at_ms)

    async def _keep_evaluating(self, group: Group) -> None:
        """Rounds at the group's own slots; rounds that could not be begun in time are counted as missed."""
        at_ms = group.slot_ms(self._now_ms()) + group.interval_ms
        first = True
        while True:
            await self._clock.sleep((at_ms - self._now_ms()) / 1000)
            await self._round(group, at_ms)
            if first:
                await self._restore(group, at_ms)
                first = False
            missed = max(0, (self._now_ms() - at_ms) // group.interval_ms - 1)
            group.missed += missed
            group.iterations += missed
            at_ms += (missed + 1) * group.interval_ms

    def _now_ms(self) -> int:
        return int(self._clock.now() * 1000)

    async def _round(self, group: Group, at_ms: int) -> None:
        loop = asyncio.get_running_loop()

        def append(series: Sequence[LabelSet], samples: Sequence[Sample], when_ms: int) -> None:
            """Called in a worker thread: the storage takes samples on the event loop only."""
            done: concurrent.futures.Future[None] = concurrent.futures.Future()
            loop.call_soon_threadsafe(_settle, done, lambda: self._append(series, samples, when_ms))
            done.result(_STORE_TIMEOUT_S)

        def notify(rule: AlertingRule, when_ms: int) -> None:
            alerts = rule.to_send(when_ms, self._options.resend_ms, group.interval_ms)
            if alerts:
                outgoing = [OutgoingAlert.of(alert, rule.query) for alert in alerts]
                loop.call_soon_threadsafe(self._sink.send, outgoing)

        def work() -> None:
            evaluate_group(group, at_ms, self._query, append, self._clock, notify, lambda: self._stopping)

        await asyncio.shield(loop.run_in_executor(self._pool, work))
        self._metrics.observe(group)

    async def _restore(self, group: Group, at_ms: int) -> None:
        options = self._options
        loop = asyncio.get_running_loop()
        for rule in group.alerting:
            try:
                await loop.run_in_executor(
                    self._pool,
                    lambda rule=rule: restore(  # type: ignore[misc]
                        rule, self._reader, at_ms, tolerance_ms=options.outage_tolerance_ms, grace_ms=options.grace_ms
                    ),
                )
            except Exception:  # the alert begins anew, the server goes on
                logger.exception("Restoring alert state failed", extra={"rule": rule.name})

    def _append(self, series: Sequence[LabelSet], samples: Sequence[Sample], at_ms: int) -> None:
        floats = [index for index, sample in enumerate(samples) if sample.histogram is None]
        others = [index for index, sample in enumerate(samples) if sample.histogram is not None]
        lost = 0
        if floats:
            values = np.array([samples[index].value for index in floats], np.float64)
            report = self._writer.append(
                [series[index] for index in floats], np.full(len(floats), at_ms, np.int64), values
            )
            lost += report.out_of_order + report.too_old + report.duplicate
        if others:
            histograms = [samples[index].histogram for index in others]
            times = np.full(len(others), at_ms, np.int64)
            report = self._writer.append_histograms([series[index] for index in others], times, histograms)
            lost += report.out_of_order + report.too_old + report.duplicate
        if lost:
            logger.warning("Rule evaluation result discarded", extra={"samples": lost})


def _settle(done: "concurrent.futures.Future[None]", work: Callable[[], None]) -> None:
    try:
        work()
        done.set_result(None)
    except Exception as error:
        done.set_exception(RuleError(f"storing failed: {error}"))
