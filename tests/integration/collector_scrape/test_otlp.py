"""The same OTLP request to a real Prometheus and to us: same series, same values."""

import asyncio
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.routing import Route

from collector.histogram import FloatHistogram
from collector.remote.otlp import OtlpReceiver
from collector.remote.receiver import WriteReceiver
from tests.support.fake_storage import FakeStorage
from tests.support.peers import need_peer
from tests.support.processes import free_port, running, wait_for, wait_ready

pytestmark = [pytest.mark.integration, pytest.mark.peers]


def text(name: str, value: Any) -> dict[str, Any]:
    kind = "boolValue" if isinstance(value, bool) else "intValue" if isinstance(value, int) else "stringValue"
    return {"key": name, "value": {kind: value}}


def request(nanos: int) -> dict[str, Any]:
    at = {"timeUnixNano": str(nanos), "startTimeUnixNano": str(nanos - 10**9)}
    own = [text("http.method", "GET"), text("code", 200), text("ok", True), text("_x", "y"), text("1st", "z")]
    plain = [{**at, "asDouble": 2.5, "attributes": own}]
    buckets = {**at, "count": "6", "sum": 4.5, "bucketCounts": ["1", "2", "3"], "explicitBounds": [0.5, 10]}
    exponential = {
        **at, "count": "12", "sum": 9.5, "scale": 2, "zeroCount": "1", "positive": {"offset": -2, "bucketCounts": ["1", "0", "4"]},
        "negative": {"offset": 1, "bucketCounts": ["6"]},
    }  # fmt: skip
    quantiles = {
        **at,
        "count": "3",
        "sum": 2,
        "quantileValues": [{"quantile": 0.5, "value": 1}, {"quantile": 0.99, "value": 2}],
    }
    names = [
        ("g", ""), ("g.ratio", "1"), ("http.server.duration", "ms"), ("disk.io", "By"), ("speed", "By/s"), ("x_total", ""), ("temp", "Cel"),
        ("n", "{thing}"), ("odd--name", "foo"), ("load", "%"), ("a.seconds", "s"), ("2nd", ""), ("r", "1/s"),
    ]  # fmt: skip
    metrics: list[dict[str, Any]] = []
    for name, unit in names:
        metrics.append({"name": name, "unit": unit, "gauge": {"dataPoints": plain}})
        total = {"aggregationTemporality": 2, "isMonotonic": True, "dataPoints": plain}
        metrics.append({"name": f"{name}.c", "unit": unit, "sum": total})
        metrics.append({"name": f"{name}.u", "unit": unit, "sum": {**total, "isMonotonic": False}})
    metrics += [
        {"name": "h", "unit": "s", "histogram": {"aggregationTemporality": 2, "dataPoints": [buckets]}},
        {"name": "e", "unit": "s", "exponentialHistogram": {"aggregationTemporality": 2, "dataPoints": [exponential]}},
        {"name": "q", "unit": "s", "summary": {"dataPoints": [quantiles]}},
    ]
    resource = [
        text("service.name", "shop"), text("service.namespace", "eu"), text("service.instance.id", "i1"), text("host.name", "h"), text("pid", 5),
    ]  # fmt: skip
    return {"resourceMetrics": [{"resource": {"attributes": resource}, "scopeMetrics": [{"metrics": metrics}]}]}


Found = dict[tuple[tuple[str, str], ...], str]


def theirs(url: str) -> Found:
    answer = httpx.get(f"{url}/api/v1/query", params={"query": '{__name__=~".+"}'}, timeout=5).json()["data"]["result"]
    return {
        tuple(sorted(series["metric"].items())): str(float(series["value"][1]))
        if "value" in series
        else f"{series['histogram'][1]['count']} {series['histogram'][1]['sum']}"
        for series in answer
    }


def ours(storage: FakeStorage) -> Found:
    def shown(value: Any) -> str:
        return f"{value.count:g} {value.sum:g}" if isinstance(value, FloatHistogram) else str(float(value))

    return {labels: shown(samples[-1][1]) for labels, samples in storage.samples.items()}


async def test_same_series(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "p.yml").write_text("global: {}\n")
    argv = [
        need_peer("prometheus"), f"--config.file={tmp_path / 'p.yml'}", f"--storage.tsdb.path={tmp_path / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}", "--web.enable-otlp-receiver", "--enable-feature=native-histograms",
    ]  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    body = request(int(time.time() * 1000) * 10**6)
    storage = FakeStorage()
    app = Starlette(
        routes=[Route("/m", OtlpReceiver(WriteReceiver(storage, CollectorRegistry())).__call__, methods=["POST"])]
    )
    with running(argv, tmp_path / "log"):
        await asyncio.to_thread(wait_ready, url)
        sent = httpx.post(f"{url}/api/v1/otlp/v1/metrics", json=body, timeout=5)
        assert sent.status_code == 200, sent.text
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            assert (await client.post("/m", json=body)).status_code == 200
        await asyncio.to_thread(wait_for, "series", lambda: len(theirs(url)) > 10)
        expected = theirs(url)
    found = ours(storage)
    missing = {key: value for key, value in expected.items() if found.get(key) != value}
    extra = {key: value for key, value in found.items() if key not in expected}
    assert (missing, extra) == ({}, {})
