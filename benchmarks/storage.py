"""What the storage costs by itself: appending, memory, restart, disk, reading. One line a figure.

usage: python benchmarks/storage.py [--targets 20] [--series 10000] [--rows 120] [--interval 1] [--changing 0.3] [--dir DIR]

Every target appends one row an interval, as scraping does; the log is synced each second of the simulated time and maintenance runs every
five, on the same thread, so that the figures hold all the work.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from collector.storage.options import StorageOptions
from collector.storage.storage import Storage
from pharos.labels import label_set
from pharos.matchers import parse_matchers


class DrivenClock:
    """Wall time moves when the benchmark says so."""

    def __init__(self) -> None:
        self.seconds = 1_700_000_400.0

    def now(self) -> float:
        return self.seconds

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def rss_bytes() -> int:
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(fields["RssAnon"].split()[0]) * 1024


def total_rss_bytes() -> int:
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(fields["VmRSS"].split()[0]) * 1024


def page(target: int, count: int) -> list[tuple[tuple[str, str], ...]]:
    return [
        label_set(
            {
                "__name__": "bench_requests_total",
                "method": ("GET", "POST", "PUT")[i % 3],
                "handler": f"/api/v1/thing/{i % 500}",
                "code": ("200", "404", "500")[i % 3],
                "shard": f"s{i}",
                "job": f"bench{target}",
                "instance": "127.0.0.1:9999",
            }
        )
        for i in range(count)
    ]


def fill(options: argparse.Namespace, folder: Path) -> None:
    clock = DrivenClock()
    storage = Storage(folder, StorageOptions(), clock)
    storage.open()
    before = rss_bytes()
    groups = []
    began = time.process_time()
    for target in range(options.targets):
        group = storage.open_group()
        group.reshape(page(target, options.series))
        groups.append(group)
    total = options.targets * options.series
    print(f"new series: {(time.process_time() - began) / total * 1e6:.2f} us each")
    numbers = np.arange(options.series)
    moving = (numbers * 7919) % 1000 < options.changing * 1000
    append = upkeep = 0.0
    for row in range(options.rows):
        clock.seconds += options.interval
        values = numbers * 1.5 + np.where(moving, row * (1 + numbers % 13), 0)
        began = time.process_time()
        for place, group in enumerate(groups):
            group.append_row(int(clock.seconds * 1000) + place, values)
        middle = time.process_time()
        storage.sync()
        if row % 5 == 0:
            storage.maintain(int(clock.seconds * 1000))
        append += middle - began
        upkeep += time.process_time() - middle
    samples = total * options.rows
    print(f"append: {append / samples * 1e9:.1f} ns CPU a sample, log and upkeep {upkeep / samples * 1e9:.1f}")
    print(f"memory: {(rss_bytes() - before) / total:.0f} B a series ({total_rss_bytes() / 1e6:.0f} MB in all)")
    read(storage, clock)
    infos = storage.blocks()
    if infos:
        size, count = sum(info.size_bytes for info in infos), sum(info.num_samples for info in infos)
        print(f"blocks: {len(infos)}, {size / count:.3f} B a sample")
    os.kill(os.getpid(), 9)


def read(storage: Storage, clock: DrivenClock) -> None:
    now = int(clock.seconds * 1000)
    for query, minutes in (
        ("bench_requests_total", 5),
        ('bench_requests_total{shard="s17"}', 60),
        ('{job="bench0",shard="s17"}', 60),
    ):
        best = 1e9
        for _ in range(5):
            began = time.perf_counter()
            selection = storage.select(parse_matchers(query), now - minutes * 60_000, now)
            best = min(best, time.perf_counter() - began)
        samples = sum(part.values.size for part in selection.parts)
        print(
            f"select {query}[{minutes}m]: {best * 1e3:.2f} ms for {samples} samples of {len(selection.labels)} series"
        )


def reopen(folder: Path, samples: int) -> None:
    began = time.perf_counter()
    storage = Storage(folder, StorageOptions(), DrivenClock())
    storage.open()
    print(f"restart after kill -9: {time.perf_counter() - began:.3f} s with {samples} samples")
    storage.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--targets", type=int, default=20)
    parser.add_argument("--series", type=int, default=10_000)
    parser.add_argument("--rows", type=int, default=120)
    parser.add_argument("--interval", type=float, default=1.0)
    parser.add_argument("--changing", type=float, default=0.3)
    parser.add_argument("--dir", type=Path)
    parser.add_argument("--stage", choices=("all", "fill", "reopen"), default="all")
    options = parser.parse_args()
    folder = options.dir or Path(tempfile.mkdtemp(prefix="bench-storage-"))
    if options.stage == "fill":
        fill(options, folder)
    elif options.stage == "reopen":
        reopen(folder, options.targets * options.series * options.rows)
    else:
        for stage in ("fill", "reopen"):
            subprocess.run(
                [sys.executable, __file__, *sys.argv[1:], "--dir", str(folder), "--stage", stage], check=False
            )
        if options.dir is None:
            shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
