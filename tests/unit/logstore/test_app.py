"""The store as a service."""

import asyncio
from pathlib import Path

import httpx
import pytest

from logstore.app import LogStore
from pharos.durations import Duration
from pharos.http.options import WebOptions
from tests.unit.logstore.conftest import FixedClock

DOC = b'{"create":{"_id":"%d"}}\n{"@timestamp":"2026-11-20T11:00:00Z","message":"x"}\n'
LOCAL = WebOptions("127.0.0.1:0")


async def test_headers_and_refusals_the_official_client_relies_on(tmp_path: Path) -> None:
    async with LogStore(tmp_path, LOCAL) as service, httpx.AsyncClient(base_url=service.web.url) as client:
        asked = {"accept": "application/vnd.elasticsearch+json; compatible-with=8"}
        answer = await client.get("/", headers=asked)
        assert answer.headers["x-elastic-product"] == "Elasticsearch"
        assert answer.headers["content-type"] == "application/vnd.elasticsearch+json;compatible-with=8"
        refused = await client.post("/_sql", json={})
        assert refused.status_code == 400
        assert "/_sql" in refused.json()["error"]["reason"]
        bad = await client.post("/_search", content=b"{")
        assert (bad.status_code, bad.headers["x-elastic-product"]) == (400, "Elasticsearch")


class StoppedClock(FixedClock):
    """Nobody wakes up by himself."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.Event().wait()


async def test_retention_drops_whole_days(tmp_path: Path) -> None:
    clock = StoppedClock()
    async with (
        LogStore(tmp_path, LOCAL, Duration.parse("3d"), clock=clock) as service,
        httpx.AsyncClient(base_url=service.web.url) as client,
    ):
        for day in range(6):
            answer = await client.post("/logs-app-default/_bulk", content=DOC % day)
            assert answer.json()["errors"] is False
            clock.wall += 86_400
        await service.apply_retention()
        streams = (await client.get("/_data_stream")).json()["data_streams"]
        assert len(streams[0]["indices"]) == 4
        assert (await client.get("/logs-*/_count")).json()["count"] == 4
        assert "logstore_documents" in (await client.get("/metrics")).text


async def test_a_store_that_cannot_write_ends(tmp_path: Path) -> None:
    service = LogStore(tmp_path, LOCAL)
    await service.start()
    service.store.ingest.failure = OSError("no space left on device")
    service.store.ingest.on_failure()
    with pytest.raises(RuntimeError, match="no space left"):
        await service.wait()
