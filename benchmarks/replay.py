"""From SIGKILL to ready: the same samples are sent to (or scraped by) Pharos and Prometheus, both are killed, and started again in turns.

    python -m benchmarks.replay [--samples 16000000] [--series 20000] [--way pushed|scraped] [--rounds 3] [--dir DIR]

Wall time is from the start of the process to the first 200 of `/-/ready`, CPU time what the process has used by then. After each start a part of
the series is asked for and its samples are counted. With `--dir` the folders stay, and a second run goes on with what is there.
"""

import argparse
import multiprocessing
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import psutil

from benchmarks.scrape import Load, command, configuration, free_port, serve
from collector.remote.read_message import encode_samples
from collector.remote.sender.encode import Outgoing, encode_v1
from collector.remote.snappy import compress

SERVERS = ("prometheus", "pharos")
STEP_MS = 1000
SERIES_AT_ONCE, SAMPLES_AT_ONCE = 500, 100  # of a series, in one request
SHARDS = 100  # one of them is looked at after each start
LINES = 10_000  # of a page
HEADERS = {
    "Content-Encoding": "snappy",
    "Content-Type": "application/x-protobuf",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
}


class Server:
    """One of the two, started and killed as often as it takes."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.data, self.config = name, folder / f"{name}-data", folder / f"{name}.yml"
        self.config.write_text("global: {scrape_interval: 15s}\n")
        self.url = ""

    def start(self) -> tuple[float, float]:
        """Wall and CPU seconds until it is ready."""
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        argv = [*command(self.name, self.config, self.data, port), "--web.enable-remote-write-receiver"]
        began = time.perf_counter()
        self._process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with httpx.Client(timeout=60) as client:
            while not self._ready(client):
                if self._process.poll() is not None:
                    raise SystemExit(f"{self.name} ended by itself: {' '.join(argv)}")
                time.sleep(0.005)
        wall = time.perf_counter() - began
        return wall, sum(psutil.Process(self._process.pid).cpu_times()[:2])

    def _ready(self, client: httpx.Client) -> bool:
        try:
            return client.get(f"{self.url}/-/ready").status_code == 200
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def count(self, selector: str) -> int:
        """Samples of some series in the last two hours."""
        query = {"query": f"sum(count_over_time({selector}[2h]))"}
        found = httpx.get(f"{self.url}/api/v1/query", params=query, timeout=120).json()["data"]["result"]
        return int(found[0]["value"][1]) if found else 0

    def log_bytes(self) -> int:
        return sum(path.stat().st_size for path in (self.data / "wal").rglob("*") if path.is_file())


def requests(series: int, each: int) -> Iterator[bytes]:
    """Bodies of remote write: a counter, a gauge and a constant in turn, one sample a second, the newest now."""
    start = int(time.time() * 1000) - each * STEP_MS
    noise = np.random.default_rng(7)
    steps = noise.integers(0, 200, each)
    columns = np.cumsum(steps).astype(float), np.round(noise.normal(50, 5, each), 2), np.full(each, 3.0)
    for first in range(0, each, SAMPLES_AT_ONCE):
        mine = slice(first, min(first + SAMPLES_AT_ONCE, each))
        times = start + np.arange(mine.start, mine.stop) * STEP_MS
        for begin in range(0, series, SERIES_AT_ONCE):
            yield compress(
                encode_v1(
                    [
                        Outgoing(i, labels(i), [encode_samples(times, columns[i % 3][mine] + i)])
                        for i in range(begin, min(begin + SERIES_AT_ONCE, series))
                    ]
                )
            )


def labels(number: int) -> dict[str, str]:
    return {
        "__name__": "bench_replay",
        "handler": f"/api/v1/thing/{number % 500}",
        "instance": f"host{number // 1000}:9100",
        "job": "bench",
        "series": str(number),
        "shard": str(number % SHARDS),
    }


def push(servers: Sequence[Server], series: int, each: int) -> None:
    """Send everything to all servers."""

    def send(client: httpx.Client, body: bytes) -> None:
        client.post("/api/v1/write", content=body, headers=HEADERS).raise_for_status()

    clients = [httpx.Client(base_url=server.url, timeout=120) for server in servers]
    with ThreadPoolExecutor(len(servers)) as pool:
        for body in requests(series, each):
            list(pool.map(send, clients, [body] * len(clients)))


def scrape(servers: Sequence[Server], targets: int, seconds: float) -> None:
    """Let all servers scrape the same targets each second."""
    load, ports = Load(targets, LINES, 0.3), multiprocessing.Queue()  # type: ignore[var-annotated]
    hits = multiprocessing.Value("q", 0)
    pages = multiprocessing.Process(target=serve, args=(load, ports, hits), daemon=True)
    pages.start()
    text, nothing = configuration(load, ports.get()), servers[0].config.read_text()
    for server in servers:
        server.kill()
        server.config.write_text(text)
        server.start()
    time.sleep(seconds)
    for server in servers:
        server.kill()
        server.config.write_text(nothing)
        server.start()
    pages.terminate()


def fill(servers: Sequence[Server], options: argparse.Namespace) -> None:
    starting = [threading.Thread(target=server.start) for server in servers]
    for thread in starting:
        thread.start()
    for thread in starting:
        thread.join()
    if options.way == "pushed":
        push(servers, options.series, options.samples // options.series)
    else:
        scrape(servers, max(1, options.series // LINES), options.samples / options.series)
    time.sleep(2)  # both write their log within a second or so
    for server in servers:
        server.kill()


def main(arguments: Sequence[str] = ()) -> None:
    """Fill, kill and start; `arguments` as on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=16_000_000)
    parser.add_argument("--series", type=int, default=20_000)
    parser.add_argument("--way", choices=("pushed", "scraped"), default="pushed")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dir", type=Path)
    options = parser.parse_args(list(arguments))
    with tempfile.TemporaryDirectory(prefix="bench-replay-") as own:
        folder = options.dir or Path(own)
        filled = folder.exists() and any(folder.iterdir())
        folder.mkdir(parents=True, exist_ok=True)
        servers = [Server(name, folder) for name in SERVERS]
        if not filled:
            fill(servers, options)
        report(servers, options)


def report(servers: Sequence[Server], options: argparse.Namespace) -> None:
    """Start in turns, print a line a start and the ratios."""
    selector = 'bench_replay{shard="7"}' if options.way == "pushed" else 'bench_metric_7{job="j0"}'
    results: dict[str, list[tuple[float, float, int]]] = {server.name: [] for server in servers}
    print(f"{'server':12} {'wall s':>7} {'CPU s':>7} {'log MB':>7} {'samples seen':>12}")
    for _ in range(options.rounds):
        for server in servers:
            size = server.log_bytes() / 1e6
            wall, cpu = server.start()
            results[server.name].append((wall, cpu, server.count(selector)))
            server.kill()
            print(f"{server.name:12} {wall:7.2f} {cpu:7.2f} {size:7.0f} {results[server.name][-1][2]:12}", flush=True)
    theirs, ours = ([statistics.median(column) for column in zip(*results[name], strict=True)] for name in SERVERS)
    print(
        f"ratio to Prometheus: {ours[0] / theirs[0]:.2f} wall, {ours[1] / theirs[1]:.2f} CPU, {ours[2] / theirs[2]:.3f} samples"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
