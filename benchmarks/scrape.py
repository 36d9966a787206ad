"""CPU and memory of scraping, Pharos against Prometheus (and VictoriaMetrics), whole processes in one run.

    python -m benchmarks.scrape [--loads 20x2000x0.3,1000x50x0.3] [--seconds 15] [--peers prometheus,victoria-metrics]

A load is targets x lines x the part of the values that changes. Every target is scraped each second. `us/sample`: CPU time of the process (user and system) by samples served to it. The last line is the verdict.
"""

import argparse
import asyncio
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

ROOT = Path(__file__).resolve().parents[1]
VERSIONS = 8
_LOADS = "20x2000x0.3,20x2000x1,20x10000x0.3,20x10000x1,20x25000x0.3,1000x50x0.3"
DISTINCT = 20


@dataclass(frozen=True)
class Load:
    """How many targets of how many lines, and which part of the values changes from one second to the next."""

    targets: int
    lines: int
    changing: float


@dataclass(frozen=True)
class Result:
    """Measured over the seconds after warming up."""

    us_per_sample: float
    rss_mb: float
    scrapes: int
    missed: int


def pages(load: Load, target: int) -> list[bytes]:
    """Answers of one target, one for each second of a short cycle: half integers, half fractions, a family every 40 lines."""
    rnd = random.Random(target)
    values = [rnd.random() * 1000 if index % 2 else float(rnd.randrange(10**6)) for index in range(load.lines)]
    out = []
    for _ in range(VERSIONS):
        lines = []
        for index, value in enumerate(values):
            if index % 40 == 0:
                lines.append(f"# HELP bench_metric_{index // 40} A metric.\n# TYPE bench_metric_{index // 40} gauge\n")
            text = f"{value:.0f}" if value.is_integer() else repr(value)
            lines.append(
                f'bench_metric_{index // 40}{{code="200",path="/api/v1/x{index}",host="host{target}"}} {text}\n'
            )
        body = "".join(lines).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {len(body)}\r\n\r\n"
        out.append(head.encode() + body)
        values = [
            _next(rnd, index, value) if rnd.random() < load.changing else value for index, value in enumerate(values)
        ]
    return out


def _next(rnd: random.Random, index: int, value: float) -> float:
    return value + rnd.random() if index % 2 else value + rnd.randrange(1, 100)


def serve(
    load: Load, port: "multiprocessing.Queue[int]", hits: "multiprocessing.sharedctypes.Synchronized[int]"
) -> None:
    """The targets, all on one port: `/t<number>`."""
    answers = [pages(load, number) for number in range(min(load.targets, DISTINCT))]

    class Target(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport, self.pending = transport, b""

        def data_received(self, data: bytes) -> None:
            self.pending += data
            while b"\r\n\r\n" in self.pending:
                head, _, self.pending = self.pending.partition(b"\r\n\r\n")
                number = int(head.split(b" ", 2)[1][2:])
                hits.value += 1
                self.transport.write(answers[number % len(answers)][int(time.time()) % VERSIONS])  # type: ignore[attr-defined]

    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(Target, "127.0.0.1", 0, backlog=2048)
        port.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    import uvloop

    uvloop.run(run())


def configuration(load: Load, port: int) -> str:
    jobs = "".join(
        f"- {{job_name: j{number}, metrics_path: /t{number}, static_configs: [{{targets: ['127.0.0.1:{port}']}}]}}\n"
        for number in range(load.targets)
    )
    return f"global: {{scrape_interval: 1s, scrape_timeout: 1s}}\nscrape_configs:\n{jobs}"


def command(name: str, config: Path, data: Path, port: int) -> list[str]:
    """How a server is started."""
    address = f"127.0.0.1:{port}"
    if name == "pharos":
        base = [sys.executable, "-m", "pharos.cli.main", "collector", f"--config.file={config}"]
        return [*base, f"--storage.tsdb.path={data}", f"--web.listen-address={address}", "--log.level=error"]
    binary = str(ROOT / ".peers/usr/bin" / name) if (ROOT / ".peers/usr/bin" / name).exists() else name
    if name == "victoria-metrics":
        return [binary, f"-promscrape.config={config}", f"-storageDataPath={data}", f"-httpListenAddr={address}"]
    return [binary, f"--config.file={config}", f"--storage.tsdb.path={data}", f"--web.listen-address={address}"]


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def measure(name: str, load: Load, seconds: float, folder: Path) -> Result:
    """Run one server on one load."""
    port_queue: multiprocessing.Queue[int] = multiprocessing.Queue()
    hits = multiprocessing.Value("q", 0)
    targets = multiprocessing.Process(target=serve, args=(load, port_queue, hits), daemon=True)
    targets.start()
    config = folder / f"{name}.yml"
    config.write_text(configuration(load, port_queue.get()))
    port, data = free_port(), folder / f"{name}-data"
    server = subprocess.Popen(
        command(name, config, data, port), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ}
    )
    try:
        _wait_ready(name, port)
        _wait_for_hits(hits, load.targets * 8)
        process = psutil.Process(server.pid)
        cpu, scrapes, began = sum(process.cpu_times()[:2]), hits.value, time.monotonic()
        time.sleep(seconds)
        used, done = sum(process.cpu_times()[:2]) - cpu, hits.value - scrapes
        expected = int((time.monotonic() - began) * load.targets)
        rss = process.memory_info().rss / 1e6
        return Result(used / max(1, done * load.lines) * 1e6, rss, done, max(0, expected - done))
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()
        targets.terminate()
        targets.join()
        shutil.rmtree(data, ignore_errors=True)


def _wait_ready(name: str, port: int) -> None:
    path = "/health" if name == "victoria-metrics" else "/-/ready"
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"http://127.0.0.1:{port}{path}", timeout=1).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise SystemExit(f"{name} did not become ready")


def _wait_for_hits(hits: "multiprocessing.sharedctypes.Synchronized[int]", number: int) -> None:
    deadline = time.monotonic() + 60
    while hits.value < number and time.monotonic() < deadline:
        time.sleep(0.1)


def _loads(text: str) -> list[Load]:
    parts = (load.split("x") for load in text.split(","))
    return [Load(int(targets), int(lines), float(changing)) for targets, lines, changing in parts]


def main(arguments: Sequence[str] = ()) -> None:
    """Measure all loads; `arguments` as on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loads", type=_loads, default=_LOADS)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--peers", default="prometheus")
    options = parser.parse_args(list(arguments))
    ratios = []
    print(
        f"{'server':18} {'targets':>7} {'lines':>6} {'changing':>8} {'us/sample':>9} {'RSS MB':>7} {'scrapes':>8} {'missed':>6}"
    )
    with tempfile.TemporaryDirectory(prefix="bench-scrape-") as folder:
        for load in options.loads:
            results = {}
            for name in [*options.peers.split(","), "pharos"]:
                result = results[name] = measure(name, load, options.seconds, Path(folder))
                print(
                    f"{name:18} {load.targets:7} {load.lines:6} {load.changing:8} {result.us_per_sample:9.3f} "
                    f"{result.rss_mb:7.0f} {result.scrapes:8} {result.missed:6}",
                    flush=True,
                )
            first = results[options.peers.split(",")[0]]
            ours = results["pharos"]
            ratios.append(f"{ours.us_per_sample / first.us_per_sample:.2f} CPU {ours.rss_mb / first.rss_mb:.2f} RSS")
    print("ratio to the first peer:", "; ".join(ratios))


if __name__ == "__main__":
    main(sys.argv[1:])
