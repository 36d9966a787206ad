"""Range and instant queries against a real Prometheus: the same data, the same questions, over HTTP, in one run.

BENCH_SERIES (5000) counters in 100 targets and a tenth as many classic buckets, two hours at 15 s. Each question is asked three times (short
ones fifty times), the best counts; the answers are compared. The memory is the most that a server held while it answered a question.
"""

import json
import math
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
from rich.console import Console
from rich.table import Table

from collector.remote.sender.encode import Outgoing, encode_samples, encode_v1
from collector.remote.snappy import compress
from tests.support.peers import need_peer
from tests.support.processes import PHAROS, free_port, running, wait_ready

SERIES = int(os.environ.get("BENCH_SERIES", "5000"))
STEP_S, SAMPLES = 15, 480
_SHORT_S = 0.02
BOUNDS = ("0.01", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf")
QUERIES = (
    'bench_total{idx="17"}',
    'rate(bench_total{idx="17"}[5m])',
    'bench_total{idx=~"1.7"}',
    "bench_total",
    "rate(bench_total[5m])",
    "sum(rate(bench_total[5m]))",
    "sum by (instance) (rate(bench_total[5m]))",
    'sum(rate(bench_total{handler=~"/h1.*",code!="500"}[5m]))',
    "avg without (idx) (bench_total)",
    "max_over_time(bench_total[10m])",
    'avg_over_time(bench_total{code="404"}[1h])',
    "quantile_over_time(0.9, bench_total[10m])",
    "quantile by (code) (0.9, rate(bench_total[5m]))",
    "topk(5, rate(bench_total[5m]))",
    "bottomk by (code) (3, bench_total)",
    "count by (handler) (bench_total > 1000)",
    "rate(bench_total[5m]) / on (idx) increase(bench_total[10m])",
    "sum by (code) (bench_total) / ignoring (code) group_left sum(bench_total)",
    "histogram_quantile(0.95, sum by (le) (rate(bench_bucket[5m])))",
    'max_over_time(sum(rate(bench_total{code="200"}[5m]))[30m:1m])',
    "changes(bench_total[30m]) > 100",
    "absent(nope_total)",
)
INSTANT_QUERIES = ('bench_total{idx="17"}', "bench_total", "sum by (code) (rate(bench_total[5m]))", "bench_total[5m]")


def main() -> None:
    """Load both servers, ask both, print the ratios."""
    end = int(time.time()) // 60 * 60 - 60
    times: dict[str, dict[str, float]] = {}
    answers: dict[str, dict[str, Any]] = {}
    memory: dict[str, dict[str, float]] = {}
    for name in ("prometheus", "pharos"):
        with _server(name) as (address, process):
            _load(address, end)
            times[name], answers[name], memory[name] = _ask_all(address, end, process)
    _print(times, answers, memory)


@contextmanager
def _server(name: str) -> Iterator[tuple[str, psutil.Process]]:
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "prometheus.yml"
        config.write_text("storage: {tsdb: {out_of_order_time_window: 1d}}\n")
        address = f"127.0.0.1:{free_port()}"
        start = [need_peer("prometheus")] if name == "prometheus" else [*PHAROS, "collector"]
        flags = [
            f"--config.file={config}",
            f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address={address}",
            "--web.enable-remote-write-receiver",
        ]
        with running([*start, *flags], Path(folder) / "log") as process:
            wait_ready(f"http://{address}", 60)
            yield f"http://{address}", psutil.Process(process.pid)


def _load(address: str, end: int) -> None:
    """Remote write, 120 samples of 500 series a request."""
    with httpx.Client(timeout=60) as client:
        for low in range(0, SAMPLES, 120):
            stamps = (end - STEP_S * SAMPLES + np.arange(low, low + 120) * STEP_S) * 1000
            batch: list[Outgoing] = []
            for labels, values in _series(low):
                batch.append(Outgoing(len(batch), dict(sorted(labels.items())), [encode_samples(stamps, values)]))
                if len(batch) == 500:
                    _send(client, address, batch)
            _send(client, address, batch)


def _send(client: httpx.Client, address: str, batch: list[Outgoing]) -> None:
    if batch:
        headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy"}
        client.post(f"{address}/api/v1/write", content=compress(encode_v1(batch)), headers=headers).raise_for_status()
        batch.clear()


def _series(low: int) -> Iterator[tuple[dict[str, str], np.ndarray[Any, np.dtype[np.float64]]]]:
    k = np.arange(low, low + 120)
    for i in range(SERIES):
        labels = {"__name__": "bench_total", "job": "api", "instance": f"i{i % 100}", "handler": f"/h{i // 100 % 50}"}
        labels |= {"code": ("200", "404", "500")[i % 3], "idx": str(i)}
        growth = k * (1 + i % 29)
        yield labels, np.asarray(growth % 20000 if i % 11 == 0 else growth + k * i % 7, np.float64)
    for i in range(SERIES // 10):
        labels = {"__name__": "bench_bucket", "job": "api", "instance": f"i{i // 10}", "le": BOUNDS[i % 10]}
        yield labels, np.asarray(k * (1 + i % 10), np.float64)


def _questions(end: int) -> Iterator[tuple[str, str, dict[str, str]]]:
    """(title, path, parameters)"""
    span = {"start": str(end - STEP_S * SAMPLES + 600), "end": str(end), "step": "30"}
    for query in QUERIES:
        yield query, "query_range", {"query": query, **span}
    for query in INSTANT_QUERIES:
        yield f"instant {query}", "query", {"query": query, "time": str(end)}
    yield "series", "series", {"match[]": 'bench_total{instance="i7"}'}
    yield "label values", "label/handler/values", {"match[]": "bench_total"}


def _ask_all(
    address: str, end: int, process: psutil.Process
) -> tuple[dict[str, float], dict[str, Any], dict[str, float]]:
    """The best time of each question in seconds, the answers, and the most memory in MB while it was asked."""
    times: dict[str, float] = {}
    answers: dict[str, Any] = {}
    memory: dict[str, float] = {}
    with httpx.Client(timeout=150, headers={"Accept-Encoding": "identity"}) as client:
        for title, path, params in _questions(end):
            _forget_peak(process)
            times[title], answers[title] = _best(client, f"{address}/api/v1/{path}", params)
            memory[title] = _peak_mb(process)
    return times, answers, memory


def _best(client: httpx.Client, url: str, params: dict[str, str]) -> tuple[float, Any]:
    best, body, left = math.inf, b"", 3
    while left:
        begin = time.perf_counter()
        body = client.get(url, params=params).content
        took = time.perf_counter() - begin
        left = 49 if took < _SHORT_S and best == math.inf else left - 1
        best = min(best, took)
    return best, json.loads(body)


def _forget_peak(process: psutil.Process) -> None:
    """The kernel counts the most memory from here on."""
    Path(f"/proc/{process.pid}/clear_refs").write_text("5")


def _peak_mb(process: psutil.Process) -> float:
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1e3


def _print(
    times: dict[str, dict[str, float]], answers: dict[str, dict[str, Any]], memory: dict[str, dict[str, float]]
) -> None:
    table = Table(title=f"{SERIES} series x 2 h at 15 s, 220 steps; ms, the best time; MB, the most memory")
    for title in ("query", "Prometheus", "Pharos", "ratio", "MB", "MB", "same answer"):
        table.add_column(title, justify="left" if title == "query" else "right")
    ratios = []
    for query, theirs in times["prometheus"].items():
        ours = times["pharos"][query]
        ratios.append(ours / theirs)
        same = _same(answers["prometheus"][query], answers["pharos"][query])
        table.add_row(
            query,
            f"{theirs * 1e3:.1f}",
            f"{ours * 1e3:.1f}",
            f"{ours / theirs:.2f}",
            f"{memory['prometheus'][query]:.0f}",
            f"{memory['pharos'][query]:.0f}",
            "yes" if same else "NO",
        )
    console = Console(width=140)
    console.print(table)
    mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
    most = {name: max(each.values()) for name, each in memory.items()}
    console.print(
        f"geometric mean of the ratios {mean:.2f}; most memory Prometheus {most['prometheus']:.0f} MB, Pharos {most['pharos']:.0f} MB"
    )


def _same(theirs: Any, ours: Any) -> bool:
    if isinstance(theirs["data"], list):
        return sorted(map(json.dumps, theirs["data"])) == sorted(map(json.dumps, ours["data"]))
    left, right = (_points(answer) for answer in (theirs, ours))
    if left.keys() != right.keys():
        return False
    return all(
        len(left[key]) == len(right[key])
        and all(
            t == u and math.isclose(v, w, rel_tol=1e-9) for (t, v), (u, w) in zip(left[key], right[key], strict=True)
        )
        for key in left
    )


def _points(answer: Any) -> dict[str, list[tuple[float, float]]]:
    found = {}
    for item in answer["data"]["result"]:
        points = item["values"] if "values" in item else [item["value"]]
        found[json.dumps(item["metric"], sort_keys=True)] = [(float(t), float(v)) for t, v in points]
    return found


if __name__ == "__main__":
    main()
