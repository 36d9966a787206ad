"""Bytes a sample on disk: the same OpenMetrics files, made into blocks by promtool and by `pharos import`.

    python -m benchmarks.disk [--series 100] [--hours 6] [--interval 15]

A file for each kind of series: counters, gauges with two decimals, noise with all its digits, values that seldom change.
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


def lines(kind: str, series: int, count: int, interval: int) -> Iterator[str]:
    noise = np.random.default_rng(1)
    yield f"# TYPE bench_{kind} unknown\n"
    for number in range(series):
        name = f'bench_{kind}{{instance="host{number % 20}:9100",job="bench",i="{number}"}}'
        for row, value in enumerate(values(kind, count, noise)):
            yield f"{name} {value!r} {START_S + row * interval}\n"
    yield "# EOF\n"


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def measure(kind: str, options: argparse.Namespace, folder: Path) -> tuple[int, int, int]:
    """Samples, bytes of promtool and of ours."""
    source = folder / f"{kind}.om"
    with source.open("w") as file:
        file.writelines(lines(kind, options.series, options.hours * 3600 // options.interval, options.interval))
    theirs, ours = folder / f"{kind}-theirs", folder / f"{kind}-ours"
    argv = [ROOT / ".peers/usr/bin/promtool", "tsdb", "create-blocks-from", "openmetrics", source, theirs]
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    report = import_text(source, ours, START_S * 1000, lambda done, total: None)
    return report.samples, size_of(theirs), size_of(ours)


def main(arguments: Sequence[str] = ()) -> None:
    """Import every kind into both, print a line each and the ratios; `arguments` as on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=100)
    parser.add_argument("--hours", type=int, default=6)
    parser.add_argument("--interval", type=int, default=15)
    options = parser.parse_args(list(arguments))
    found = {}
    with tempfile.TemporaryDirectory(prefix="bench-disk-") as folder:
        for kind in KINDS:
            found[kind] = measure(kind, options, Path(folder))
    found["all"] = tuple(map(sum, zip(*found.values(), strict=True)))
    print(f"{'kind':10} {'promtool':>9} {'pharos':>9} {'ratio':>6}   B a sample")
    for kind, (samples, theirs, ours) in found.items():
        print(f"{kind:10} {theirs / samples:9.3f} {ours / samples:9.3f} {ours / theirs:6.2f}")


if __name__ == "__main__":
    main(sys.argv[1:])
