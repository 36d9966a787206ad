import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import orjson
from prometheus_client import CollectorRegistry

from collector.config.alerting import AlertmanagerConfig
from collector.discovery import TargetGroup
from collector.rules.metrics import SenderMetrics
from collector.rules.outgoing import OutgoingAlert
from collector.rules.sender import Destination, SenderOptions, alertmanager_urls
from pharos.regex import anchored
from pharos.relabel import RelabelAction, RelabelConfig
from tests.support.collector_api import FixedClock


class Alertmanager:
    """Answers with the codes it is given, then with 200; remembers what it was told."""

    def __init__(self, *codes: int) -> None:
        self.codes = list(codes)
        self.told: list[list[str]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.told.append([alert["labels"]["n"] for alert in orjson.loads(request.content)])
        return httpx.Response(self.codes.pop(0) if self.codes else 200)


def alerts(count: int) -> list[OutgoingAlert]:
    return [OutgoingAlert({"n": str(number)}, {}, 0, 0, "up") for number in range(count)]


@asynccontextmanager
async def destination(manager: Alertmanager, registry: CollectorRegistry, **options: int) -> AsyncIterator[Destination]:
    async with httpx.AsyncClient(transport=httpx.MockTransport(manager)) as client:
        chosen = SenderOptions(**options)  # type: ignore[arg-type]
        one = Destination("http://am/api/v2/alerts", client, chosen, SenderMetrics(registry), FixedClock())
        running = asyncio.create_task(one.run())
        yield one
        running.cancel()
        await asyncio.wait({running})


async def until(manager: Alertmanager, requests: int) -> None:
    async with asyncio.timeout(5):
        while len(manager.told) < requests:
            await asyncio.sleep(0)
        await asyncio.sleep(0)


async def test_alerts_leave_in_batches_in_order() -> None:
    manager, registry = Alertmanager(), CollectorRegistry()
    async with destination(manager, registry, batch=2) as one:
        one.put(alerts(5))
        await until(manager, 3)
    assert manager.told == [["0", "1"], ["2", "3"], ["4"]]


async def test_a_failed_batch_is_tried_again_and_a_refused_one_is_not() -> None:
    manager, registry = Alertmanager(503, 200, 400), CollectorRegistry()
    async with destination(manager, registry, batch=1) as one:
        one.put(alerts(3))
        await until(manager, 4)
    assert manager.told == [["0"], ["0"], ["1"], ["2"]]
    url = {"alertmanager": "http://am/api/v2/alerts"}
    assert registry.get_sample_value("prometheus_notifications_errors_total", url) == 2
    assert registry.get_sample_value("prometheus_notifications_dropped_total", url) == 1


async def test_the_queue_is_bounded_and_the_oldest_go() -> None:
    manager, registry = Alertmanager(), CollectorRegistry()
    async with destination(manager, registry, capacity=2) as one:
        one.put(alerts(5))
        await until(manager, 1)
    assert manager.told == [["3", "4"]]


def test_urls_of_discovered_alertmanagers() -> None:
    drop = RelabelConfig(("__address__",), regex=anchored("b.*"), action=RelabelAction.DROP)
    config = AlertmanagerConfig(scheme="https", path_prefix="/am/", relabel_configs=(drop,))
    groups = [TargetGroup(({"__address__": "a:9093"}, {"__address__": "b:9093"}, {"__address__": "a:9093"}))]
    assert alertmanager_urls(groups, config) == (
        ["https://a:9093/am/api/v2/alerts"],
        ["https://b:9093/am/api/v2/alerts"],
    )
