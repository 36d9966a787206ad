"""Remote write to and from the real engines."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from collector.config import parse_config
from collector.histogram import FloatHistogram
from collector.protobuf import fields, put_bytes, put_int, put_text
from collector.remote import remote_routes
from collector.remote.sender import RemoteWriteManager
from collector.remote.snappy import compress, decompress
from collector.remote.write_message import WriteDecoder
from collector.scrape import Metadata
from collector.storage.storage import Storage
from pharos.clock import SystemClock
from pharos.http.options import WebOptions
from pharos.http.server import WebServer
from pharos.matchers import Matcher, MatchOp
from tests.support.peers import need_peer
from tests.support.processes import PATIENCE_S, free_port, running, wait_for, wait_ready

pytestmark = [pytest.mark.integration, pytest.mark.peers]

SERIES = [(("__name__", "a"), ("i", str(number))) for number in range(1000)]


def query(url: str, expression: str) -> list[dict]:
    answer = httpx.get(f"{url}/api/v1/query", params={"query": expression, "nocache": "1"})
    return answer.json().get("data", {}).get("result", [])


def flushed(victoria: str) -> str:
    """VictoriaMetrics shows new samples only after some seconds, unless it is told to."""
    httpx.get(f"{victoria}/internal/force_flush")
    return victoria


def value(url: str, expression: str) -> float | None:
    result = query(url, expression)
    return float(result[0]["value"][1]) if result else None


@pytest.fixture
def victoria(tmp_path: Path) -> Iterator[str]:
    port = free_port()
    argv = [need_peer("victoria-metrics"), f"-storageDataPath={tmp_path / 'vm'}", f"-httpListenAddr=127.0.0.1:{port}"]
    with running([*argv, "-search.latencyOffset=0s", "-inmemoryDataFlushInterval=1s"], tmp_path / "vm.log"):
        url = f"http://127.0.0.1:{port}"
        wait_for("VictoriaMetrics", lambda: httpx.get(f"{url}/health", timeout=2).status_code == 200)
        yield url


@contextlib.contextmanager
def prometheus(folder: Path, config: str, *flags: str) -> Iterator[str]:
    port = free_port()
    (folder / "p.yml").write_text(config)
    argv = [
        need_peer("prometheus"),
        f"--config.file={folder / 'p.yml'}",
        f"--storage.tsdb.path={folder / 'prom'}",
        f"--web.listen-address=127.0.0.1:{port}",
        *flags,
    ]
    with running(argv, folder / "prom.log"):
        url = f"http://127.0.0.1:{port}"
        wait_ready(url)
        yield url


@contextlib.asynccontextmanager
async def sending(storage: Storage, config: str) -> AsyncIterator[RemoteWriteManager]:
    manager = RemoteWriteManager(
        storage.path,
        storage,
        lambda: {"a": Metadata("counter", "Help.")},
        SystemClock(),
        CollectorRegistry(),
    )
    await manager.apply(parse_config(config))
    watching = asyncio.create_task(manager.run())
    async with asyncio.timeout(PATIENCE_S):  # what is written before a writer has its place in the log is not for it
        while len(list((storage.path / "remote").glob("*"))) < config.count("/api/v1/write"):
            await asyncio.sleep(0.01)
    yield manager
    await manager.stop(PATIENCE_S)
    await watching


def append_rows(storage: Storage, rows: int) -> int:
    """Rows at whole milliseconds up to now, the last series ending before the last row."""
    now = int(time.time() * 1000)
    group = storage.open_group()
    group.reshape(SERIES)
    for number in range(rows):
        group.append_row(now - 10 * (rows - number), np.full(len(SERIES), float(number)))
    group.reshape(SERIES[:-1])
    group.append_row(now, np.full(len(SERIES) - 1, 7.0))
    return now


async def test_to_victoria_metrics_and_on_after_a_restart(tmp_path: Path, victoria: str) -> None:
    config = f"""
global: {{external_labels: {{dc: x}}}}
remote_write:
- url: {victoria}/api/v1/write
  queue_config: {{batch_send_deadline: 100ms, max_samples_per_send: 300}}
  write_relabel_configs: [{{target_label: via, replacement: pharos}}]
"""
    storage = Storage(tmp_path / "data")
    storage.open()
    async with sending(storage, config):
        append_rows(storage, 5)
        storage.sync()
        await asyncio.to_thread(
            wait_for, "samples", lambda: value(flushed(victoria), 'sum(a{dc="x",via="pharos"})') == 7.0 * 999
        )
        found = value(flushed(victoria), "sum(count_over_time(a[5m]))")
        assert found == 1000 * 5 + 999  # nothing lost, nothing doubled
    group = storage.open_group()
    group.reshape([(("__name__", "while_stopped"),)])
    group.append_row(int(time.time() * 1000), np.array([42.0]))
    storage.close()
    storage = Storage(tmp_path / "data")
    storage.open()
    async with sending(storage, config):
        await asyncio.to_thread(wait_for, "the rest", lambda: value(flushed(victoria), "while_stopped") == 42.0)
    storage.close()


async def test_to_prometheus_in_both_versions(tmp_path: Path) -> None:
    flags = ("--web.enable-remote-write-receiver", "--enable-feature=native-histograms,exemplar-storage")
    with prometheus(tmp_path, "global: {}\n", *flags) as url:
        config = f"""
remote_write:
- {{url: "{url}/api/v1/write", name: one, send_native_histograms: true, send_exemplars: true,
   queue_config: {{batch_send_deadline: 100ms}}, write_relabel_configs: [{{target_label: version, replacement: one}}]}}
- {{url: "{url}/api/v1/write", name: two, protobuf_message: io.prometheus.write.v2.Request,
   queue_config: {{batch_send_deadline: 100ms}}, write_relabel_configs: [{{target_label: version, replacement: two}}]}}
"""
        storage = Storage(tmp_path / "data")
        storage.open()
        async with sending(storage, config):
            now = append_rows(storage, 3)
            histogram = FloatHistogram(
                count=3.0, sum=2.0, positive_spans=((0, 2),), positive=np.array([1.0, 2.0]), integer=True
            )
            storage.append_histograms([(("__name__", "h"),)], np.array([now]), [histogram])
            storage.append_exemplars([SERIES[0]], [((("trace", "t"),), 0.5, now)])
            storage.sync()
            for version in ("one", "two"):
                marks = f'{{version="{version}"}}'
                await asyncio.to_thread(wait_for, version, lambda m=marks: value(url, f"count(a{m})") == 999)
                assert value(url, f"histogram_count(h{marks})") == 3
                assert value(url, f"sum(count_over_time(a{marks}[5m]))") == 1000 * 3 + 999
            span = {"query": "a", "start": str(now / 1000 - 60), "end": str(now / 1000 + 60)}
            exemplars = httpx.get(f"{url}/api/v1/query_exemplars", params=span).json()["data"]
            assert {series["seriesLabels"]["version"] for series in exemplars} == {"one", "two"}
        storage.close()


async def test_from_prometheus(tmp_path: Path) -> None:
    storage = Storage(tmp_path / "data")
    storage.open()
    server = WebServer(WebOptions(f"127.0.0.1:{free_port()}"), remote_routes(storage, write=True))
    await server.start()
    target = server.url.removeprefix("http://")
    config = f"""
global: {{scrape_interval: 500ms, scrape_timeout: 500ms, external_labels: {{from: peer}}}}
scrape_configs: [{{job_name: self, static_configs: [{{targets: ["{target}"]}}]}}]
remote_write:
- {{url: "{server.url}/api/v1/write", name: one, queue_config: {{batch_send_deadline: 200ms}},
   write_relabel_configs: [{{target_label: version, replacement: one}}]}}
- {{url: "{server.url}/api/v1/write", name: two, protobuf_message: io.prometheus.write.v2.Request,
   queue_config: {{batch_send_deadline: 200ms}}, write_relabel_configs: [{{target_label: version, replacement: two}}]}}
"""
    peer = prometheus(tmp_path, config)
    await asyncio.to_thread(peer.__enter__)
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not all(len(_ups(storage, version)) >= 3 for version in ("one", "two")):
                await asyncio.sleep(0.1)
    finally:
        await asyncio.to_thread(peer.__exit__, None, None, None)
    await _read_back(server.url)
    await server.stop()
    storage.close()


def _ups(storage: Storage, version: str) -> list[float]:
    matchers = [Matcher("__name__", MatchOp.EQUAL, "up"), Matcher("version", MatchOp.EQUAL, version)]
    selection = storage.select(matchers, 0, 1 << 50)
    return [number for part in selection.parts for number in part.values.reshape(-1).tolist()]


async def _read_back(url: str) -> None:
    """What Prometheus's own remote read client would ask."""
    matcher = put_int(1, 0) + put_text(2, "__name__") + put_text(3, "up")
    request = put_bytes(1, put_int(1, 1) + put_int(2, 1 << 45) + put_bytes(3, matcher))
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"{url}/api/v1/read", content=compress(request))
    assert answer.headers["content-encoding"] == "snappy"
    (_, _, result), *_ = fields(decompress(answer.content, 1 << 20))
    decoded = WriteDecoder().decode_v1(bytes(result))
    assert dict(decoded.series[0])["from"] == "peer"
    assert len(decoded.values) >= 3
