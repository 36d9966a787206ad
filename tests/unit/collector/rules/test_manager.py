import asyncio
from collections.abc import Sequence

from collector.queries import Queries
from collector.rules.manager import RuleManager
from collector.rules.metrics import RuleMetrics
from collector.rules.outgoing import OutgoingAlert
from collector.storage.interface import is_stale
from tests.support.collector_api import NOW_S, FakeStore, groups_of, storage_with

RULES = "groups: [{name: g, interval: 10s, rules: [{record: total, expr: sum(hits)}, {alert: A, expr: hits > 1}]}]"


class SteppedClock:
    """Sleepers wake when a test moves the time past their moment."""

    def __init__(self) -> None:
        self.now_s = NOW_S
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def now(self) -> float:
        return self.now_s

    def monotonic(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        future = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.now_s + seconds, future))
        await future

    async def move(self, seconds: float) -> None:
        self.now_s += seconds
        due = [future for when, future in self._sleepers if when <= self.now_s]
        self._sleepers = [(when, future) for when, future in self._sleepers if when > self.now_s]
        for future in due:
            if not future.done():
                future.set_result(None)
        await asyncio.sleep(0)


class Told:
    """A sink that remembers."""

    def __init__(self) -> None:
        self.alerts: list[OutgoingAlert] = []

    def send(self, alerts: Sequence[OutgoingAlert]) -> None:
        self.alerts += alerts


class Running:
    """A manager over a memory storage."""

    def __init__(self) -> None:
        self.clock, self.told = SteppedClock(), Told()
        self.store: FakeStore = storage_with("hits 2x10")
        self.queries = Queries.over(self.store, frozenset())
        self.manager = RuleManager(
            self.queries.for_rules,
            self.store,
            self.store,  # type: ignore[arg-type]
            self.told,
            self.clock,
            RuleMetrics(),
            lambda work, name: asyncio.create_task(work, name=name),
        )

    async def until_rounds(self, count: int) -> None:
        async with asyncio.timeout(5):
            while self.manager.groups[0].iterations < count:
                await asyncio.sleep(0.001)


async def test_rounds_store_and_tell() -> None:
    run = Running()
    await run.manager.apply(groups_of(RULES, run.queries))
    await asyncio.sleep(0)
    await run.clock.move(10)
    await run.until_rounds(1)
    await asyncio.sleep(0)
    assert run.store.series([], 0, 2**60)[-1] == {"__name__": "total"}
    assert [alert.labels["alertname"] for alert in run.told.alerts] == ["A"]
    await run.manager.close()


async def test_missed_rounds_are_counted() -> None:
    run = Running()
    await run.manager.apply(groups_of(RULES, run.queries))
    await asyncio.sleep(0)
    await run.clock.move(45)
    await run.until_rounds(3)
    assert run.manager.groups[0].missed in (2, 3)
    await run.manager.close()


async def test_a_group_that_goes_buries_its_series() -> None:
    run = Running()
    await run.manager.apply(groups_of(RULES, run.queries))
    await asyncio.sleep(0)
    await run.clock.move(10)
    await run.until_rounds(1)
    await run.clock.move(1)
    await run.manager.apply([])
    assert run.manager.groups == []
    selection = run.store.select([], int(NOW_S * 1000) + 10_500, 2**60)
    assert all(is_stale(part.values).all() for part in selection.parts)
    assert len(selection.labels) == 3  # total, ALERTS, ALERTS_FOR_STATE
    await run.manager.close()
