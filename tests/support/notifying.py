"""Notifications and a fake outside world for tests of notifiers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from alerting.alert import Alert, Series, View
from alerting.config.globals import GlobalConfig
from alerting.decide import Reason
from alerting.notifiers.context import Context
from alerting.templates.data import Notification, notification
from alerting.templates.library import Library
from pharos.labels import label_set

NOW = 1_800_000_000.0


class FakeClock:
    """Time that moves only when somebody sleeps."""

    def __init__(self, now: float = NOW) -> None:
        self.moment = now

    def now(self) -> float:
        return self.moment

    def monotonic(self) -> float:
        return self.moment

    async def sleep(self, seconds: float) -> None:
        self.moment += seconds


def series(name: str = "Down", **labels: str) -> Series:
    """A firing alert's series."""
    alert = Alert(NOW - 60, NOW + 300, NOW, {"summary": f"{name} fires"}, "http://prometheus/graph")
    return Series(label_set({"alertname": name, **labels}), alert)


def told(*alerts: Series, resolved: tuple[Series, ...] = (), **changes: Any) -> Notification:
    """A notification about these alerts."""
    views = [View(one, one.alert, False) for one in alerts or (() if resolved else (series(instance="a:9100"),))]
    views += [View(one, one.alert, True) for one in resolved]
    group = {"alertname": views[0].series.name}
    values: dict[str, Any] = {"receiver": "team", "group_key": '{}:{alertname="Down"}', "route_labels": {}, **changes}
    return notification(
        values["receiver"],
        values["group_key"],
        group,
        values["route_labels"],
        Reason.FIRST,
        views,
        "http://alerts",
        "http://ui",
    )


@dataclass(slots=True)
class Outside:
    """Answers requests and remembers them."""

    answer: Callable[[httpx.Request], httpx.Response] = lambda request: httpx.Response(
        200, json={"errcode": 0, "code": 0, "ok": True}
    )
    requests: list[httpx.Request] = field(default_factory=list)

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.answer(request)


class FakeContext(Context):
    """A context whose HTTP client talks to `outside`."""

    def __init__(self, outside: Outside, shared: GlobalConfig | None = None) -> None:
        super().__init__(Library(), shared or GlobalConfig(), FakeClock())
        self._outside = httpx.AsyncClient(transport=httpx.MockTransport(outside.handle))

    def client(self, config: Any) -> httpx.AsyncClient:
        return self._outside
