"""`pharos import` and `pharos export`: history in and out of a data folder, with progress bars."""

import argparse
import datetime
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from collector.storage.export import FORMATS, BlockFolder, export
from collector.storage.options import StorageOptions
from collector.storage.prometheus_import import ImportReport, import_prometheus
from collector.storage.prometheus_import import Progress as Tick
from collector.storage.sections import CorruptFileError
from collector.storage.storage import Storage
from collector.storage.text_import import TextImportError, import_text
from collector.storage.ulid import is_ulid
from pharos.clock import SystemClock
from pharos.matchers import Matcher, MatchOp, parse_matchers

_DATA: Final = "data/"


def main_import(arguments: list[str]) -> int:
    """`pharos import openmetrics FILE` and `pharos import prometheus DATA_DIR`. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="pharos import", description="Copy history into the collector's data folder.")
    parser.add_argument(
        "kind", choices=("openmetrics", "prometheus"), help="a text file with timestamps, or a Prometheus data folder"
    )
    parser.add_argument("source", type=Path)
    parser.add_argument(
        "--storage.tsdb.path",
        dest="path",
        type=Path,
        default=Path(_DATA),
        help="the collector's data folder (default %(default)s); it may be in use",
    )
    options = parser.parse_args(arguments)
    console = Console(stderr=True, soft_wrap=True)
    work = import_prometheus if options.kind == "prometheus" else import_text
    try:
        with _bar(console, f"Importing {options.source}") as tick:
            report: ImportReport = work(options.source, options.path, int(SystemClock().now() * 1000), tick)
    except (OSError, CorruptFileError, TextImportError, KeyError, ValueError) as error:
        console.print(f"pharos import: {options.source}: {error}", style="red", markup=False, highlight=False)
        return 1
    console.print(f"{report.samples} samples of {report.series} series in {report.blocks} blocks")
    if report.left_out_chunks:
        console.print(f"{report.left_out_chunks} chunks of an unknown encoding were left out", style="yellow")
    return 0


def main_export(arguments: list[str]) -> int:
    """`pharos export openmetrics|csv|parquet`. Returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="pharos export", description="Write samples of a data folder, a snapshot or a blocks folder to a file."
    )
    parser.add_argument("form", choices=tuple(FORMATS))
    parser.add_argument(
        "--storage.tsdb.path",
        dest="path",
        type=Path,
        default=Path(_DATA),
        help="data folder or snapshot (default %(default)s)",
    )
    parser.add_argument(
        "--match",
        action="append",
        default=[],
        help="series selector such as 'up{job=\"node\"}'; several are exported one after the other",
    )
    parser.add_argument("--start", type=_time, default=0, help="RFC 3339 time or seconds since 1970")
    parser.add_argument("--end", type=_time, default=2**62, help="RFC 3339 time or seconds since 1970")
    parser.add_argument("--output", type=Path, help="a file instead of stdout")
    options = parser.parse_args(arguments)
    console = Console(stderr=True, soft_wrap=True)
    try:
        selectors = [parse_matchers(text) for text in options.match] or [[Matcher("__name__", MatchOp.REGEX, ".+")]]
        with _source(options.path, console) as source, _output(options.output) as out:
            writer = FORMATS[options.form](out)
            count = 0
            for matchers in selectors:
                with _bar(console, "Exporting") as tick:
                    count += export(source, writer, matchers, options.start, options.end, tick)
            writer.close()
    except (OSError, CorruptFileError, ValueError) as error:
        console.print(f"pharos export: {error}", style="red", markup=False, highlight=False)
        return 1
    console.print(f"{count} samples exported")
    return 0


def _time(text: str) -> int:
    try:
        return round(float(text) * 1000)
    except ValueError:
        return round(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


@contextmanager
def _source(path: Path, console: Console) -> Iterator[Storage | BlockFolder]:
    """A folder of blocks, or a data folder: in whole when no server has it, else its blocks."""
    if not path.is_dir():
        raise OSError(f"{path} is no folder")
    if any(is_ulid(name.name) for name in path.iterdir()):
        yield BlockFolder(path)
        return
    storage = Storage(path, StorageOptions(retention_ms=0))
    try:
        storage.open()
    except OSError as error:
        console.print(f"{error}: only its blocks are exported; take a snapshot for the newest samples", style="yellow")
        yield BlockFolder(path / "blocks")
        return
    try:
        yield storage
    finally:
        storage.close()


@contextmanager
def _output(path: Path | None) -> Iterator[IO[bytes]]:
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    else:
        with path.open("wb") as file:
            yield file


@contextmanager
def _bar(console: Console, title: str) -> Iterator[Tick]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        task = bars.add_task(title, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)
