"""The API around stand-in sources, without any socket."""

import json
from dataclasses import dataclass, field
from typing import Any

import httpx
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from dashboards.api.routes import api_routes
from dashboards.metrics import DashboardMetrics
from dashboards.model.store import DashboardStore
from dashboards.services import Services
from dashboards.sources.base import SourceConfig
from dashboards.sources.set import SourceSet
from tests.support.stub_sources import Stub, filled


@dataclass
class StillClock:
    """A clock that stands."""

    at: float = 1_769_860_800.0

    def now(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds


@dataclass
class Api:
    """A client of the API, and what stands behind it."""

    stub: Stub = field(default_factory=filled)
    clock: StillClock = field(default_factory=StillClock)
    store: DashboardStore = field(default_factory=DashboardStore)

    def __post_init__(self) -> None:
        transport = httpx.ASGITransport(self.stub.app())
        configs = (
            SourceConfig("prometheus", "Prometheus", "prometheus", "http://sources"),
            SourceConfig("logs", "Logs", "elasticsearch", "http://sources"),
            SourceConfig("alerting", "Alerting", "alertmanager", "http://sources"),
        )
        self.registry = CollectorRegistry()
        self.services = Services(self.store, SourceSet(configs, transport), self.clock, DashboardMetrics(self.registry))
        app = Starlette(routes=api_routes(self.services))
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://ui", headers={"Accept-Encoding": "identity"}
        )

    async def post(self, path: str, body: Any) -> httpx.Response:
        return await self.client.post(path, json=body)

    async def query(self, *queries: dict[str, Any], **more: Any) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        """The head of a batch answer, and its lines by key."""
        answer = await self.post("/api/ds/query", {"from": "now-1h", "to": "now", "queries": list(queries), **more})
        assert answer.status_code == 200, answer.text
        head, *lines = (json.loads(line) for line in answer.text.splitlines())
        return head, {line["key"]: line for line in lines}
