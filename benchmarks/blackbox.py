"""Probes over loopback: CPU and time of each, memory; blackbox_exporter beside ours in the same run."""

import http.client
import json
import os
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode

import psutil

from tests.integration.blackbox.targets import Targets, targets
from tests.support.peers import find_peer
from tests.support.processes import PHAROS, free_port, running, wait_for

PROBES = int(os.environ.get("BENCH_PROBES", "1000"))
MODULES = """
modules:
  http: {prober: http, timeout: 3s, http: {preferred_ip_protocol: ip4}}
  https: {prober: http, timeout: 3s, http: {preferred_ip_protocol: ip4, tls_config: {insecure_skip_verify: true}}}
  tcp: {prober: tcp, timeout: 3s, tcp: {preferred_ip_protocol: ip4}}
  dns: {prober: dns, timeout: 3s, dns: {preferred_ip_protocol: ip4, query_name: example.test, query_type: A}}
  icmp: {prober: icmp, timeout: 3s, icmp: {preferred_ip_protocol: ip4}}
"""


def main() -> None:
    """Print one line for each prober, and a JSON line with the ratios of CPU time."""
    with tempfile.TemporaryDirectory() as folder, targets(Path(folder)) as world:
        place = Path(folder)
        (place / "blackbox.yml").write_text(MODULES)
        peer = find_peer("prometheus-blackbox-exporter")
        commands = {"theirs": [peer]} if peer else {}
        commands["ours"] = [*PHAROS, "blackbox"]
        figures = {who: measured(argv, place, world) for who, argv in commands.items()}
    for who, rows in figures.items():
        for name, row in rows.items():
            print(
                f"{who:>8} {name:>6}: {row['cpu_ms']:6.3f} ms CPU, {row['wall_ms']:6.3f} ms a probe, {row['rss_mib']:5.1f} MiB RSS"
            )
    if "theirs" in figures:
        ratios = {
            name: round(row["cpu_ms"] / figures["theirs"][name]["cpu_ms"], 2) for name, row in figures["ours"].items()
        }
        print(json.dumps({"cpu_ratio_to_blackbox_exporter": ratios}))


def measured(argv: list[str], place: Path, world: Targets) -> dict[str, dict[str, float]]:
    """CPU and wall milliseconds of each probe, median, and memory at the end."""
    port = free_port()
    goals = {
        "http": f"http://127.0.0.1:{world.web}/",
        "https": f"https://127.0.0.1:{world.tls}/",
        "tcp": f"127.0.0.1:{world.banner}",
        "dns": f"127.0.0.1:{world.dns}",
        "icmp": "127.0.0.1",
    }
    flags = [f"--config.file={place / 'blackbox.yml'}", f"--web.listen-address=127.0.0.1:{port}"]
    out = {}
    with running([*argv, *flags], place / "log") as started:
        process = psutil.Process(started.pid)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        wait_for("the prober", lambda: connection.close() or _ask(connection, "/-/healthy"))  # type: ignore[func-returns-value]
        for name, target in goals.items():
            path = "/probe?" + urlencode({"module": name, "target": target})
            if b"probe_success 1" not in _ask(connection, path):
                print(f"skipped: {name} probes do not work here")
                continue
            for _ in range(30):
                _ask(connection, path)
            before, times = sum(process.cpu_times()[:2]), []
            for _ in range(PROBES):
                start = time.perf_counter()
                _ask(connection, path)
                times.append(time.perf_counter() - start)
            cpu = sum(process.cpu_times()[:2]) - before
            out[name] = {
                "cpu_ms": cpu / PROBES * 1e3,
                "wall_ms": sorted(times)[PROBES // 2] * 1e3,
                "rss_mib": process.memory_info().rss / 2**20,
            }
    return out


def _ask(connection: http.client.HTTPConnection, path: str) -> bytes:
    connection.request("GET", path)
    return connection.getresponse().read()
