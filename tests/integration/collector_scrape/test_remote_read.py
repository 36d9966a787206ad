"""The real Prometheus reads from us by remote read, as a stream of chunks."""

import asyncio
import time
from pathlib import Path

import httpx
import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from collector.histogram import FloatHistogram
from collector.remote import remote_routes
from collector.storage.options import HOUR_MS, StorageOptions
from collector.storage.storage import Storage
from pharos.http.options import WebOptions
from pharos.http.server import WebServer
from tests.support.peers import need_peer
from tests.support.processes import free_port, running, wait_ready

pytestmark = [pytest.mark.integration, pytest.mark.peers]

STEP_MS, ROWS, SERIES = 15_000, 400, 300
CONFIG = 'remote_read: [{{url: "{url}/api/v1/read", read_recent: true}}]\n'
QUERIES = [
    ("sum(count_over_time(seen[3h]))", SERIES * ROWS),
    ("sum(sum_over_time(seen[3h]))", None),
    ("sum(rate(seen[5m]))", None),
    ("sum(count_over_time(noise[3h]))", 3 * ROWS),
    ("sum(sum_over_time(noise[3h]))", None),
    ("histogram_count(native)", 3),
]


def fill(storage: Storage) -> tuple[int, dict[str, float]]:
    """Counters of a target, noisy samples of their own and a histogram; the time of the last ones and sums by query."""
    noise = np.random.default_rng(5)
    end = int(time.time() * 1000) // STEP_MS * STEP_MS
    times = end - STEP_MS * np.arange(ROWS)[::-1]
    group = storage.open_group()
    group.reshape([(("__name__", "seen"), ("i", str(i))) for i in range(SERIES)])
    for row, when in enumerate(times.tolist()):
        group.append_row(when, np.arange(SERIES) * 1.5 * row)
    sums = {"sum(sum_over_time(seen[3h]))": float(np.outer(np.arange(SERIES) * 1.5, np.arange(ROWS)).sum())}
    sums["sum(rate(seen[5m]))"] = float((np.arange(SERIES) * 1.5).sum() / STEP_MS * 1000)
    values = noise.normal(size=(3, ROWS)) * 10.0 ** noise.integers(-20, 20, (3, ROWS))
    for place in range(3):
        storage.append([(("__name__", "noise"), ("i", str(place)))] * ROWS, times, values[place])
    sums["sum(sum_over_time(noise[3h]))"] = float(values.sum())
    native = FloatHistogram(count=3.0, sum=2.0, positive_spans=((0, 2),), positive=np.array([1.0, 2.0]), integer=True)
    storage.append_histograms([(("__name__", "native"),)], np.array([end]), [native])
    return end, sums


async def test_prometheus_reads_streamed_chunks(tmp_path: Path) -> None:
    storage = Storage(tmp_path / "data", StorageOptions(out_of_order_window_ms=6 * HOUR_MS))
    storage.open()
    end, sums = fill(storage)
    server = WebServer(WebOptions(f"127.0.0.1:{free_port()}"), remote_routes(storage, registry=CollectorRegistry()))
    await server.start()
    (tmp_path / "prometheus.yml").write_text(CONFIG.format(url=server.url))
    url = f"http://127.0.0.1:{free_port()}"
    argv = [
        need_peer("prometheus"),
        f"--config.file={tmp_path}/prometheus.yml",
        f"--storage.tsdb.path={tmp_path}/peer",
        f"--web.listen-address={url.removeprefix('http://')}",
    ]

    def compare() -> str:
        with running(argv, tmp_path / "log"):
            wait_ready(url)
            for text, expected in QUERIES:
                answer = httpx.get(f"{url}/api/v1/query", params={"query": text, "time": end / 1000}).json()
                assert answer["status"] == "success", answer
                (found,) = answer["data"]["result"]
                assert float(found["value"][1]) == pytest.approx(sums.get(text, expected), rel=1e-9), text
            return httpx.get(f"{url}/metrics").text

    metrics = await asyncio.to_thread(compare)
    await server.stop()
    storage.close()
    counts = [
        line
        for line in metrics.split("\n")
        if "read" in line and 'response_type="chunked"' in line and "queries_total" in line
    ]
    assert counts
    assert float(counts[0].rsplit(" ", 1)[1]) == len(QUERIES) - 1
