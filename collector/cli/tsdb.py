"""`pharos tsdb {list,analyze,dump,dump-openmetrics,create-blocks-from}`: looking into a data folder, and filling one.

The folder must not be in use by a running collector; a snapshot (`/api/v1/admin/tsdb/snapshot`) can always be looked into.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from collector.api.numbers import time_text
from collector.cli.arguments import Parser, complain
from collector.cli.backfill import BackfillError, from_openmetrics, from_rules
from collector.cli.query import when
from collector.promql.errors import ParseError
from collector.promql.parser import parse_selector
from collector.ruletest.samples import labels_text
from collector.storage.interface import DensePart, Selection, is_stale
from collector.storage.options import BlockInfo, StorageOptions
from collector.storage.storage import Storage
from pharos.durations import Duration, format_duration_ms
from pharos.exposition import format_value
from pharos.labels import METRIC_NAME, Labels, escape_value
from pharos.matchers import Matcher

MIN_MS, MAX_MS = -(2**62), 2**62


def main(arguments: list[str]) -> int:
    """Run the command. Returns the exit code."""
    parser = Parser("pharos tsdb", "Look into a data folder, or fill one.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for add in (_add_list, _add_analyze, _add_dumps, _add_create):
        add(commands)
    options = parser.parse_args(arguments)
    try:
        options.run(options)
    except BrokenPipeError:
        raise
    except (OSError, ParseError, BackfillError, ValueError) as error:
        complain(f"pharos tsdb: {error}")
        return 1
    return 0


@contextmanager
def opened(path: str) -> Iterator[Storage]:
    """A storage folder, which must be one. Raises `OSError`."""
    folder = Path(path)
    if not (folder / "wal").is_dir() and not (folder / "blocks").is_dir():
        raise FileNotFoundError(f"{path} is no data folder: it has neither wal nor blocks")
    storage = Storage(folder, StorageOptions(retention_ms=0))
    storage.open()
    try:
        yield storage
    finally:
        storage.close()


def _add_list(commands: Any) -> None:
    parser = commands.add_parser("list", help="the blocks of a data folder")
    parser.add_argument("-r", "--human-readable", action="store_true", help="times and sizes for people")
    parser.add_argument("path", nargs="?", default="data/", metavar="FOLDER")
    parser.set_defaults(run=_list)


def _list(options: argparse.Namespace) -> None:
    with opened(options.path) as storage:
        print("\n".join(block_table(storage.blocks(), human=options.human_readable)))


def block_table(blocks: list[BlockInfo], *, human: bool) -> list[str]:
    """A line for each block under a headline."""
    head = ("BLOCK ULID", "MIN TIME", "MAX TIME", "DURATION", "NUM SAMPLES", "NUM CHUNKS", "NUM SERIES", "SIZE")
    rows = [head]
    for block in blocks:
        span = format_duration_ms(block.max_time - block.min_time)
        times = [_moment(ms) if human else str(ms) for ms in (block.min_time, block.max_time)]
        size = _readable(block.size_bytes) if human else str(block.size_bytes)
        counts = (str(block.num_samples), str(block.num_chunks), str(block.num_series))
        rows.append((block.ulid, times[0], times[1], span, *counts, size))
    widths = [max(len(row[column]) for row in rows) + 2 for column in range(len(head))]
    return ["".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _moment(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S +0000 UTC")


def _readable(size: int) -> str:
    value = float(size)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{value:.4g}{unit}"
        value /= 1024
    return f"{value:.4g}TiB"


def _add_analyze(commands: Any) -> None:
    parser = commands.add_parser("analyze", help="what makes a data folder big")
    parser.add_argument("--limit", type=int, default=20, metavar="N", help="lines of each list")
    parser.add_argument("path", nargs="?", default="data/", metavar="FOLDER")
    parser.set_defaults(run=_analyze)


def _analyze(options: argparse.Namespace) -> None:
    with opened(options.path) as storage:
        series, blocks = storage.series([], MIN_MS, MAX_MS), storage.blocks()
        lowest, highest = storage.min_time, storage.max_time
    size, samples = sum(block.size_bytes for block in blocks), sum(block.num_samples for block in blocks)
    per_sample = f", {size / samples:.2f} B a sample" if samples else ""
    print(f"Blocks: {len(blocks)}, {_readable(size)}, {samples} samples{per_sample}")
    print(f"Span: {_moment(lowest)} to {_moment(highest)}, {Duration((highest - lowest) / 1000)}")
    for title, rows in cardinality(series, options.limit):
        print(f"\n{title}:")
        for count, name in rows:
            print(f"{count} {name}")


def cardinality(series: Sequence[Labels], limit: int) -> list[tuple[str, list[tuple[int, str]]]]:
    """What there is most of: lists of (count, name) under titles."""
    pairs = Counter((name, value) for labels in series for name, value in labels.items())
    names = Counter(name for labels in series for name in labels)
    values, lengths = Counter[str](), Counter[str]()
    for name, value in pairs:
        values[name] += 1
        lengths[name] += len(value.encode())
    metrics = Counter(labels.get(METRIC_NAME, "") for labels in series)
    shown_pairs = Counter({f"{name}={value}": count for (name, value), count in pairs.items() if name != METRIC_NAME})
    head = f"Total Series: {len(series)}, label names: {len(names)}, unique label pairs: {len(pairs)}"
    tables = {
        "Highest cardinality metric names": metrics,
        "Highest cardinality labels": values,
        "Label names with highest cumulative label value length": lengths,
        "Most common label pairs": shown_pairs,
    }
    ranked = [(title, [(count, name) for name, count in table.most_common(limit)]) for title, table in tables.items()]
    return [(head, []), *ranked]


def _add_dumps(commands: Any) -> None:
    for name, text, write in (
        ("dump", "all samples, one a line", dump_line),
        ("dump-openmetrics", "all samples in the OpenMetrics format", openmetrics_line),
    ):
        parser = commands.add_parser(name, help=text)
        parser.add_argument("--min-time", type=int, default=MIN_MS, metavar="MS")
        parser.add_argument("--max-time", type=int, default=MAX_MS, metavar="MS")
        parser.add_argument("--match", action="append", default=[], metavar="SELECTOR", help="default: everything")
        parser.add_argument("path", nargs="?", default="data/", metavar="FOLDER")
        parser.set_defaults(run=_dump, write=write)


def _dump(options: argparse.Namespace) -> None:
    write: Callable[[Labels, int, float], str] = options.write
    with opened(options.path) as storage:
        for matchers in [parse_selector(text) for text in options.match] or [list[Matcher]()]:
            for labels, times, values in series_of(storage.select(matchers, options.min_time, options.max_time)):
                sys.stdout.writelines(
                    write(labels, when_ms, value)
                    for when_ms, value in zip(times.tolist(), values.tolist(), strict=True)
                )
    if options.command == "dump-openmetrics":
        print("# EOF")


def series_of(selection: Selection) -> Iterator[tuple[Labels, "np.ndarray[Any, Any]", "np.ndarray[Any, Any]"]]:
    """Labels, times and values of each series, without staleness markers; sorted by labels."""
    found = []
    for part in selection.parts:
        if isinstance(part, DensePart):
            found += [(row, part.timestamps, part.values[index]) for index, row in enumerate(part.rows.tolist())]
        else:
            cuts = part.offsets.tolist()
            found += [
                (row, part.timestamps[cuts[index] : cuts[index + 1]], part.values[cuts[index] : cuts[index + 1]])
                for index, row in enumerate(part.rows.tolist())
            ]
    named = [(selection.labels.labels(row), times, values) for row, times, values in found]
    for labels, times, values in sorted(named, key=lambda one: sorted(one[0].items())):
        live = ~is_stale(np.ascontiguousarray(values))
        yield labels, times[live], values[live]


def dump_line(labels: Labels, when_ms: int, value: float) -> str:
    """`{__name__="up"} 1 1700000000000`"""
    return f"{labels_text(labels)} {format_value(value)} {when_ms}\n"


def openmetrics_line(labels: Labels, when_ms: int, value: float) -> str:
    """`up{job="a"} 1 1700000000.000`"""
    pairs = ",".join(f'{key}="{escape_value(text)}"' for key, text in sorted(labels.items()) if key != METRIC_NAME)
    name = labels.get(METRIC_NAME, "")
    return f"{name}{{{pairs}}} {format_value(value)} {time_text(when_ms)}\n"


def _add_create(commands: Any) -> None:
    create = commands.add_parser("create-blocks-from", help="blocks out of a file or of recording rules")
    sources = create.add_subparsers(dest="source", metavar="SOURCE", required=True)
    text = sources.add_parser("openmetrics", help="a file in the OpenMetrics format, every sample with its time")
    text.add_argument("input", metavar="FILE")
    text.add_argument("output", nargs="?", default="data/", metavar="FOLDER")
    text.set_defaults(run=_create_openmetrics)
    rules = sources.add_parser("rules", help="what recording rules would have stored")
    rules.add_argument("--url", default="http://localhost:9090", metavar="URL", help="the server that has the data")
    rules.add_argument("--start", type=when, required=True, metavar="TIME")
    rules.add_argument("--end", type=when, metavar="TIME", help="default: three hours ago")
    rules.add_argument("--output-dir", dest="output", default="data/", metavar="FOLDER")
    rules.add_argument("--eval-interval", type=Duration.parse, default=Duration(60), metavar="DURATION")
    rules.add_argument("--http.config.file", dest="http_config", metavar="FILE")
    rules.add_argument("files", nargs="+", metavar="FILE")
    rules.set_defaults(run=_create_rules)


def _create_openmetrics(options: argparse.Namespace) -> None:
    blocks = from_openmetrics(Path(options.input).read_bytes(), Path(options.output))
    print("\n".join(block_table(blocks, human=False)))


def _create_rules(options: argparse.Namespace) -> None:
    from collector.cli.query import client

    end = options.end if options.end is not None else datetime.now(UTC).timestamp() - 3 * 3600
    with client(options.http_config) as http:
        blocks = from_rules(
            http, options.url, options.files, options.start, end, float(options.eval_interval), Path(options.output)
        )
    print("\n".join(block_table(blocks, human=False)))
