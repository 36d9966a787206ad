"""A long run of the collector: 100,000 samples a second while queries run. Memory must stay flat, no scrape may be missed.

    python -m benchmarks.soak [--minutes 30] [--targets 10] [--lines 10000]

Not among the benchmarks that run without being named: it takes its time on purpose (`make bench` gives it one minute).
"""

import argparse
import multiprocessing
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
import psutil

from benchmarks.scrape import Load, command, configuration, free_port, serve
from tests.support.processes import wait_ready

QUERIES = (
    "sum(rate(bench_metric_1[1m]))",
    "bench_metric_2{path=~'.*7'}",
    "topk(5, rate(bench_metric_3[2m]))",
    "max by (host) (max_over_time(bench_metric_4[5m]))",
    "count({__name__=~'bench_metric_1.*'})",
)


def main(arguments: Sequence[str] = ("--minutes", "1")) -> None:
    """Run the soak and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--targets", type=int, default=10)
    parser.add_argument("--lines", type=int, default=10_000)
    options = parser.parse_args(list(arguments))
    load = Load(options.targets, options.lines, 0.3)
    port_queue: multiprocessing.Queue[int] = multiprocessing.Queue()
    hits = multiprocessing.Value("q", 0)
    targets = multiprocessing.Process(target=serve, args=(load, port_queue, hits), daemon=True)
    targets.start()
    with tempfile.TemporaryDirectory(prefix="bench-soak-") as folder:
        config, port = Path(folder) / "prometheus.yml", free_port()
        config.write_text(configuration(load, port_queue.get()))
        server = subprocess.Popen(command("pharos", config, Path(folder) / "data", port))
        try:
            wait_ready(f"http://127.0.0.1:{port}", 30)
            _soak(psutil.Process(server.pid), f"http://127.0.0.1:{port}", load, options.minutes * 60)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(20)
            targets.terminate()
            targets.join()


def _soak(process: psutil.Process, url: str, load: Load, seconds: float) -> None:
    time.sleep(10)
    began, asked, slowest = time.time(), 0, 0.0
    next_report, memory = began, []
    cpu = sum(process.cpu_times()[:2])
    with httpx.Client(base_url=url, timeout=60) as client:
        while (now := time.time()) < began + seconds:
            for query in QUERIES:
                sent = time.perf_counter()
                params: dict[str, str | float] = {"query": query, "start": now - 600, "end": now, "step": 15}
                client.get("/api/v1/query_range", params=params).raise_for_status()
                asked, slowest = asked + 1, max(slowest, time.perf_counter() - sent)
            if now >= next_report:
                held = process.memory_info()
                memory.append(held.rss / 2**20)
                own = (held.rss - held.shared) / 2**20
                print(
                    f"{now - began:6.0f} s  RSS {memory[-1]:6.0f} MB, without mapped files {own:6.0f} MB  queries {asked}  slowest {slowest:.2f} s",
                    flush=True,
                )
                next_report += 60
            time.sleep(1)
        window = int(time.time() - began)
        count = client.get("/api/v1/query", params={"query": f"min(sum_over_time(up[{window}s]))"}).json()["data"][
            "result"
        ]
        gaps = client.get("/api/v1/query", params={"query": f"min(count_over_time(up[{window}s]))"}).json()["data"][
            "result"
        ]
    used = sum(process.cpu_times()[:2]) - cpu
    print(
        f"{load.targets * load.lines} samples/s for {window} s: fewest good scrapes of a target {count[0]['value'][1]}, fewest rows {gaps[0]['value'][1]} of {window}"
    )
    print(
        f"CPU with queries {used / window * 100:.1f} % of a core; RSS after the first quarter {memory[len(memory) // 4]:.0f} MB, at the end {memory[-1]:.0f} MB"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
