"""kill -9 of a whole collector while it scrapes: what had been there for two fsync intervals is there after the restart, and nothing is wrong.

PHAROS_KILL_ROUNDS: how often (3).
"""

import asyncio
import os
import random
import statistics
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
import pytest

from tests.support.processes import PHAROS, free_port, running, wait_for

ROUNDS = int(os.environ.get("PHAROS_KILL_ROUNDS", "3"))
SERIES = 20
FSYNC_S = 0.5
pytestmark = [pytest.mark.integration, pytest.mark.timeout(120 + 60 * ROUNDS)]


class Target:
    """A page of one number, which is another one each time."""

    def __init__(self) -> None:
        self.served = 0
        self.port = 0

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                self.served += 1
                body = "".join(f'm{{i="{i}"}} {self.served}\n' for i in range(SERIES)).encode()
                head = f"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n"
                writer.write(head.encode() + body)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def serve(self, stop: asyncio.Event) -> None:
        async with await asyncio.start_server(self._answer, "127.0.0.1", 0) as server:
            self.port = server.sockets[0].getsockname()[1]
            await stop.wait()


@pytest.fixture
def target() -> Iterator[Target]:
    one, loop, stop = Target(), asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(one.serve(stop),))
    thread.start()
    wait_for("the target", lambda: one.port)
    yield one
    loop.call_soon_threadsafe(stop.set)
    thread.join()
    loop.close()


@dataclass
class Collector:
    """One folder, many lives."""

    argv: list[str]
    url: str
    log: Path
    walls: list[float] = field(default_factory=list)
    cpus: list[float] = field(default_factory=list)

    def start(self) -> subprocess.Popen[bytes]:
        began = time.monotonic()
        with self.log.open("ab") as output:
            process = subprocess.Popen(self.argv, stdout=output, stderr=subprocess.STDOUT)
        with httpx.Client() as client:
            wait_for("the start", lambda: client.get(f"{self.url}/-/ready").status_code == 200, 60, 0.05)
        self.walls.append(time.monotonic() - began)
        self.cpus.append(sum(psutil.Process(process.pid).cpu_times()[:2]))
        return process

    def stored(self, client: httpx.Client) -> list[list[tuple[float, str]]]:
        """The samples of each series."""
        answer = client.get(f"{self.url}/api/v1/query", params={"query": "m[1d]"}).json()
        return [[(when, value) for when, value in one["values"]] for one in answer["data"]["result"]]

    def newest(self, client: httpx.Client) -> int:
        """The number of the last scrape that can be seen."""
        answer = client.get(f"{self.url}/api/v1/query", params={"query": 'm{i="7"}'}).json()["data"]["result"]
        return int(answer[0]["value"][1]) if answer else 0


def watch(collector: Collector, client: httpx.Client, seconds: float) -> list[tuple[float, int]]:
    """What could be seen when."""
    seen: list[tuple[float, int]] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end or not seen:
        before = time.monotonic()
        newest = collector.newest(client)
        if newest:
            seen.append((before, newest))
        time.sleep(0.05)
    return seen


def check(collector: Collector, client: httpx.Client, target: Target, acknowledged: set[int]) -> None:
    found = collector.stored(client)
    if not acknowledged and not found:
        return
    assert len(found) == SERIES
    assert all(samples == found[0] for samples in found)
    numbers = [int(value) for _, value in found[0]]
    assert numbers == sorted(set(numbers))
    assert numbers[-1] <= target.served
    assert not acknowledged - set(numbers)
    times = [when for when, _ in found[0]]
    assert times == sorted(set(times))


def test_random_kills_lose_no_scrape_that_was_acknowledged(target: Target, tmp_path: Path) -> None:
    chance, port = random.Random(3), free_port()
    (tmp_path / "c.yml").write_text(
        "global: {scrape_interval: 100ms, scrape_timeout: 100ms}\n"
        f"scrape_configs: [{{job_name: j, static_configs: [{{targets: ['127.0.0.1:{target.port}']}}]}}]\n"
    )
    argv = [*PHAROS, "collector", f"--config.file={tmp_path}/c.yml", f"--storage.tsdb.path={tmp_path}/data"]
    collector = Collector(
        [*argv, f"--web.listen-address=127.0.0.1:{port}"], f"http://127.0.0.1:{port}", tmp_path / "log"
    )
    acknowledged: set[int] = set()
    with httpx.Client(timeout=30) as client:
        for _ in range(ROUNDS):
            first, process = target.served + 1, collector.start()
            check(collector, client, target, acknowledged)
            seen = [
                (when, number) for when, number in watch(collector, client, chance.uniform(1, 3)) if number >= first
            ]
            process.kill()
            killed = time.monotonic()
            process.wait()
            old = [number for when, number in seen if when < killed - 2 * FSYNC_S]
            acknowledged |= set(range(first, max(old, default=first - 1) + 1))
        with running(collector.argv, collector.log):
            wait_for("the last start", lambda: client.get(f"{collector.url}/-/ready").status_code == 200, 60)
            check(collector, client, target, acknowledged)
    assert acknowledged
    text = f"{statistics.median(collector.walls):.2f} s, at most {max(collector.walls):.2f}; CPU {statistics.median(collector.cpus):.2f}, at most {max(collector.cpus):.2f}"

    print(f"{ROUNDS} starts: {text}; {len(acknowledged) * SERIES} samples had to be there")
    assert statistics.median(collector.cpus[-10:]) < 1.5 * statistics.median(
        collector.cpus[:10]
    )  # no start is longer for the kills before
