"""Taking alerts in and listing them: rate, CPU, memory; Alertmanager beside ours in the same run."""

import http.client
import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from tests.support.alertmanager import command
from tests.support.processes import PHAROS, free_port, running, wait_for

SECONDS = float(os.environ.get("BENCH_SECONDS", "4"))
CONFIG = """
route: {receiver: hook, group_by: [alertname], group_wait: 10m, group_interval: 10m}
receivers: [{name: hook, webhook_configs: [{url: "http://127.0.0.1:9/"}]}]
"""


def main() -> None:
    """Print one line for each server, and a JSON line with the ratios."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "alertmanager.yml").write_text(CONFIG)
        figures = {}
        peer = command(place)
        if peer is not None:
            figures["theirs"] = measured([*peer, "--cluster.listen-address="], place, "theirs")
        figures["ours"] = measured([*PHAROS, "alerting"], place, "ours")
    for who, row in figures.items():
        print(
            f"{who:>8}: {row['alerts_per_s']:8.0f} alerts/s, {row['cpu_us']:5.1f} us CPU an alert, 10,000 alerts in {row['list_ms']:6.1f} ms, "
            f"a page of 100 in {row['page_ms']:6.1f} ms, {row['rss_mib']:5.1f} MiB RSS"
        )
    if "theirs" in figures:
        names = ("alerts_per_s", "cpu_us", "list_ms", "rss_mib")
        print(
            json.dumps({f"{name}_ratio": round(figures["ours"][name] / figures["theirs"][name], 2) for name in names})
        )


def bodies(distinct: int) -> list[bytes]:
    """Batches of 100 alerts."""
    alerts: list[dict[str, Any]] = [
        {
            "labels": {
                "alertname": f"Alert{number % 50}",
                "instance": f"host-{number}:9100",
                "cluster": f"c{number % 10}",
                "severity": ("critical", "warning", "page")[number % 3],
                "job": "node",
            },
            "annotations": {"summary": f"Instance host-{number} is bad", "description": "For more than five minutes."},
            "generatorURL": "http://127.0.0.1:9090/graph?g0.expr=up",
        }
        for number in range(distinct)
    ]
    return [json.dumps(alerts[start : start + 100]).encode() for start in range(0, distinct, 100)]


def measured(argv: list[str], place: Path, name: str) -> dict[str, float]:
    """Rate of alerts with 1,000 different ones, then lists with 10,000."""
    port = free_port()
    flags = [f"--config.file={place / 'alertmanager.yml'}", f"--storage.path={place / name}"]
    with running([*argv, *flags, f"--web.listen-address=127.0.0.1:{port}"], place / f"{name}.log") as started:
        process = psutil.Process(started.pid)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        wait_for("the server", lambda: connection.close() or _call(connection, "GET", "/-/ready"))  # type: ignore[func-returns-value]
        batches = bodies(1000)
        before, sent, end = sum(process.cpu_times()[:2]), 0, time.perf_counter() + SECONDS
        while time.perf_counter() < end:
            _call(connection, "POST", "/api/v2/alerts", batches[sent % len(batches)])
            sent += 1
        cpu = sum(process.cpu_times()[:2]) - before
        for body in bodies(10_000):
            _call(connection, "POST", "/api/v2/alerts", body)
        return {
            "alerts_per_s": sent * 100 / SECONDS,
            "cpu_us": cpu / (sent * 100) * 1e6,
            "list_ms": _median(connection, "/api/v2/alerts", 5),
            "page_ms": _median(connection, "/api/v2/alerts?limit=100&offset=5000", 20),
            "rss_mib": process.memory_info().rss / 2**20,
        }


def _median(connection: http.client.HTTPConnection, path: str, count: int) -> float:
    times = []
    for _ in range(count):
        start = time.perf_counter()
        _call(connection, "GET", path)
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e3


def _call(connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None = None) -> bytes:
    connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
    return connection.getresponse().read() or b"ok"
