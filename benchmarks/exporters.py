"""Scraping the node exporter and the container exporter: CPU and time for each scrape, memory; node_exporter beside ours in the same run."""

import http.client
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.support.peers import find_peer
from tests.support.processes import PHAROS, free_port, running, wait_for

SCRAPES = int(os.environ.get("BENCH_SCRAPES", "300"))
IDLE_S = float(os.environ.get("BENCH_IDLE_S", "10"))
CONTAINERS = int(os.environ.get("BENCH_CONTAINERS", "100"))


def main() -> None:
    """Print one line for each exporter, and a JSON line with the ratios."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        figures = {}
        peer = find_peer("prometheus-node-exporter")
        if peer is not None:
            figures["node_exporter"] = measured([peer], place / "peer.log")
        figures["ours"] = measured([*PHAROS, "node-exporter"], place / "node.log")
        figures["containers"] = measured([*PHAROS, "container-exporter", *_cgroups(place)], place / "containers.log")
    for name, row in figures.items():
        print(
            f"{name:>14}: {row['cpu_ms']:6.2f} ms CPU, {row['wall_ms']:6.2f} ms a scrape, {row['rss_mib']:5.1f} MiB RSS,"
            f" {row['idle_switches']:.0f} wake-ups in {IDLE_S:.0f} s without one"
        )
    containers = figures["containers"]["cpu_ms"] / CONTAINERS
    out = {"container_ms_each": round(containers, 3)}
    if "node_exporter" in figures:
        out["node_cpu_ratio"] = round(figures["ours"]["cpu_ms"] / figures["node_exporter"]["cpu_ms"], 2)
    print(json.dumps(out))


def measured(argv: list[str], log: Path) -> dict[str, float]:
    """CPU and wall time for each of many scrapes, RSS after them, and wake-ups when there are none."""
    with _exporter(argv, log) as (process, connection):
        for _ in range(20):
            _get(connection)
        before, begin = sum(process.cpu_times()[:2]), time.perf_counter()
        for _ in range(SCRAPES):
            _get(connection)
        wall = time.perf_counter() - begin
        cpu = sum(process.cpu_times()[:2]) - before
        rested = _work(process)
        time.sleep(IDLE_S)
        return {
            "idle_switches": _work(process) - rested,
            "cpu_ms": cpu / SCRAPES * 1000,
            "wall_ms": wall / SCRAPES * 1000,
            "rss_mib": process.memory_info().rss / 2**20,
        }


@contextmanager
def _exporter(argv: list[str], log: Path) -> Iterator[tuple[psutil.Process, http.client.HTTPConnection]]:
    port = free_port()
    with running([*argv, f"--web.listen-address=127.0.0.1:{port}"], log) as started:
        connection = http.client.HTTPConnection("127.0.0.1", port)

        def up() -> bool:
            connection.close()
            return bool(_get(connection))

        wait_for("the exporter", up)
        yield psutil.Process(started.pid), connection


def _work(process: psutil.Process) -> int:
    """How often its main thread has had a CPU: what stands still while nobody asks was really idle."""
    switches = process.num_ctx_switches()
    return int(switches.voluntary + switches.involuntary)


def _get(connection: http.client.HTTPConnection) -> bytes:
    connection.request("GET", "/metrics")
    return connection.getresponse().read()


def _cgroups(place: Path) -> list[str]:
    """Flags for a made-up cgroup v2 host with many containers: what is measured is reading and writing, not the kernel."""
    from tests.support import cgroups

    paths = [f"/docker/{index:064x}" for index in range(CONTAINERS)]
    root = cgroups.v2(place / "cgroup", *paths)
    proc, sysfs = cgroups.procfs(place / "proc"), cgroups.sysfs(place / "sys")
    return [f"--path.cgroup={root}", f"--path.procfs={proc}", f"--path.sysfs={sysfs}", "--runtimes="]
