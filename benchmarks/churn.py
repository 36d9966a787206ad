"""Memory while pods come and go: Pharos beside Prometheus on the same pages, with blocks of a minute so that time passes faster.

    python -m benchmarks.churn [--targets 200] [--lines 50] [--every 2] [--seconds 210]

Every `--every` seconds a tenth of the targets shows another pod: all its series end and as many begin. Each line tells how many series there were so
far, and of each server its memory and the series of its head; for Pharos also the series it knows by label.
"""

import argparse
import asyncio
import multiprocessing
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
import psutil

from benchmarks.scrape import Load, command, configuration, free_port
from tests.support.processes import wait_ready

_SHORT_BLOCKS = """
import dataclasses, sys
import collector.service as service
from pharos.cli.main import main
usual = service.storage_options
service.storage_options = lambda *about: dataclasses.replace(usual(*about), block_ms=60_000, max_block_ms=60_000)
sys.exit(main(sys.argv[1:]))
"""
_FIGURE = re.compile(r"^(prometheus_tsdb_head_series|pharos_tsdb_known_series) (\S+)$", re.M)


def lines(target: int, count: int) -> str:
    """A page with `@` where the pod's name comes."""
    return "".join(
        f'container_metric_{index}{{namespace="ns{target % 7}",pod="@",container="main",device="eth{index % 3}"}} {index}\n'
        for index in range(count)
    )


def serve(load: Load, every_s: float, port: "multiprocessing.Queue[int]") -> None:
    """The targets, all on one port: `/t<number>`. Each one's pod changes every tenth time, a tenth of them at once."""
    templates = [lines(number, load.lines) for number in range(load.targets)]

    class Target(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport, self.pending = transport, b""

        def data_received(self, data: bytes) -> None:
            self.pending += data
            while b"\r\n\r\n" in self.pending:
                head, _, self.pending = self.pending.partition(b"\r\n\r\n")
                number = int(head.split(b" ", 2)[1][2:])
                life = int(time.time() / every_s + number) // 10
                body = templates[number].replace("@", f"app-{number}-7c9f8d6b5-{life:x}").encode()
                top = (
                    f"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {len(body)}\r\n\r\n"
                )
                self.transport.write(top.encode() + body)  # type: ignore[attr-defined]

    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(Target, "127.0.0.1", 0, backlog=2048)
        port.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    import uvloop

    uvloop.run(run())


def start(name: str, folder: Path, config: Path) -> tuple[subprocess.Popen[bytes], str]:
    """A server with blocks of a minute, and its address."""
    port = free_port()
    argv = command(name, config, folder / name, port)
    if name == "pharos":
        argv = [sys.executable, "-c", _SHORT_BLOCKS, *argv[3:]]
    else:
        argv += ["--storage.tsdb.min-block-duration=1m", "--storage.tsdb.max-block-duration=1m", "--log.level=error"]
    return subprocess.Popen(argv), f"http://127.0.0.1:{port}"


def figures(server: subprocess.Popen[bytes], url: str) -> str:
    memory = psutil.Process(server.pid).memory_info()
    page = httpx.get(f"{url}/metrics", timeout=30).text
    counts = ", ".join(f"{name.split('_tsdb_')[1]} {float(value):.0f}" for name, value in _FIGURE.findall(page))
    return f"RSS {memory.rss / 1e6:.0f} MB (files {memory.shared / 1e6:.0f}), {counts}"


def main(arguments: Sequence[str] = ("--seconds", "210")) -> None:
    """Run both servers and print a line each half minute."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--targets", type=int, default=200)
    parser.add_argument("--lines", type=int, default=50)
    parser.add_argument("--every", type=float, default=2.0)
    parser.add_argument("--seconds", type=float, default=210)
    options = parser.parse_args(list(arguments))
    load = Load(options.targets, options.lines, 0.0)
    port: multiprocessing.Queue[int] = multiprocessing.Queue()
    targets = multiprocessing.Process(target=serve, args=(load, options.every, port), daemon=True)
    targets.start()
    with tempfile.TemporaryDirectory(prefix="bench-churn-") as folder:
        config = Path(folder) / "prometheus.yml"
        config.write_text(configuration(load, port.get()))
        servers = {name: start(name, Path(folder), config) for name in ("pharos", "prometheus")}
        try:
            for _, url in servers.values():
                wait_ready(url, 60)
            began = time.time()
            while (passed := time.time() - began) < options.seconds:
                time.sleep(min(30.0, options.seconds - passed) + 0.01)
                passed = time.time() - began
                series = load.targets * load.lines * (1 + passed / options.every / 10)
                print(f"{passed:4.0f} s, {series:.0f} series so far", flush=True)
                for name, (server, url) in servers.items():
                    print(f"       {name:<11} {figures(server, url)}", flush=True)
        finally:
            for server, _ in servers.values():
                server.send_signal(signal.SIGTERM)
            for server, _ in servers.values():
                server.wait(30)
            targets.terminate()
            targets.join()


if __name__ == "__main__":
    main(sys.argv[1:])
