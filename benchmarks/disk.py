"""Bytes a sample on disk: one OpenMetrics file, made into blocks by promtool and by `pharos import`.

    python -m benchmarks.disk [--series 400] [--hours 6] [--interval 15]

A quarter of the series each: counters, gauges with two decimals, noise with all its digits, values that seldom change.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.scrape import ROOT
from collector.storage.text_import import import_text

START_S = 1_700_006_400
KINDS = ("counter", "gauge", "noise", "seldom")


def values(kind: str, count: int, noise: np.random.Generator) -> list[float]:
    match kind:
        case "counter":
            return np.cumsum(noise.integers(0, 200, count)).astype(float).tolist()
        case "gauge":
            return np.round(50 + np.cumsum(noise.normal(0, 1, count)), 2).tolist()
        case "noise":
            return noise.normal(0, 1, count).tolist()
    return np.repeat(noise.integers(0, 5, count // 100 + 1), 100)[:count].astype(float).tolist()


def lines(series: int, count: int, interval: int) -> Iterator[str]:
    noise = np.random.default_rng(1)
    for kind in KINDS:
        yield f"# TYPE bench_{kind} unknown\n"
        for number in range(series // len(KINDS)):
            name = f'bench_{kind}{{instance="host{number % 20}:9100",job="bench",i="{number}"}}'
            for row, value in enumerate(values(kind, count, noise)):
                yield f"{name} {value!r} {START_S + row * interval}\n"
    yield "# EOF\n"


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main(arguments: Sequence[str] = ()) -> None:
    """Import into both, print a line each and the ratio; `arguments` as on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=400)
    parser.add_argument("--hours", type=int, default=6)
    parser.add_argument("--interval", type=int, default=15)
    options = parser.parse_args(list(arguments))
    count = options.hours * 3600 // options.interval
    with tempfile.TemporaryDirectory(prefix="bench-disk-") as name:
        folder = Path(name)
        source = folder / "samples.om"
        with source.open("w") as file:
            file.writelines(lines(options.series, count, options.interval))
        promtool = ROOT / ".peers/usr/bin/promtool"
        argv = [promtool, "tsdb", "create-blocks-from", "openmetrics", source, folder / "theirs"]
        subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
        report = import_text(source, folder / "ours", START_S * 1000, lambda done, total: None)
        sizes = {"promtool": size_of(folder / "theirs"), "pharos": size_of(folder / "ours")}
    for who, size in sizes.items():
        print(f"{who:10} {size / report.samples:.3f} B a sample ({report.samples} samples, {size / 1e6:.1f} MB)")
    print(f"ratio to Prometheus: {sizes['pharos'] / sizes['promtool']:.2f}")


if __name__ == "__main__":
    main(sys.argv[1:])
