"""Imports samples with timestamps out of an OpenMetrics or Prometheus text file, into blocks.

OpenMetrics timestamps are seconds, those of the Prometheus text format milliseconds; `# EOF` at the end tells OpenMetrics.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Final

import numpy as np

from collector.storage.assemble import gather
from collector.storage.blockwriter import BlockWriter
from collector.storage.options import HOUR_MS
from collector.storage.prometheus_import import ImportReport, Progress
from collector.storage.samplelog import Run, sorted_run
from collector.storage.series import SeriesTable
from collector.storage.sources import RunBatch, between
from pharos.labels import METRIC_NAME, LabelSet, label_set

_SAMPLES_AT_ONCE: Final = 8 << 20
_LINE = re.compile(
    r"([^\s{]*)(\{(?:[^\"}]|\"(?:[^\"\\]|\\.)*\")*\})?[ \t]+(\S+)(?:[ \t]+(\S+))?(?:[ \t]+#.*)?[ \t]*", re.DOTALL
)
_LABEL = re.compile(
    r"\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s=,\"]+))\s*(?:=\s*\"((?:[^\"\\]|\\.)*)\")?\s*(?:,|$)", re.DOTALL
)
_UNESCAPE = re.compile(r"\\(.)", re.DOTALL)


class TextImportError(ValueError):
    """A line that cannot be imported; the text says which and why."""


def import_text(
    source: Path, target: Path, now_ms: int, progress: Progress, block_ms: int = 2 * HOUR_MS
) -> ImportReport:
    """Import a file into the blocks folder of the storage at `target`. progress: called with (bytes done, bytes in all).

    Raises `TextImportError` for a line that does not parse; blocks written before (every 8 million samples) stay.
    """
    report = ImportReport()
    folder = target / "blocks"
    folder.mkdir(parents=True, exist_ok=True)
    total = source.stat().st_size
    with source.open(encoding="utf-8", newline="\n") as file:
        scale = 1000.0 if _is_openmetrics(source) else 1.0
        for table, run, done in _runs(file, scale):
            progress(done, total)
            report.series = max(report.series, len(run.sids))
            report.samples += len(run)
            report.blocks += write_blocks(folder, table, run, block_ms, now_ms)
    progress(total, total)
    return report


def write_blocks(folder: Path, table: SeriesTable, run: Run, block_ms: int, now_ms: int) -> int:
    """One block for each window that the samples touch; how many."""
    written = 0
    for window in (np.unique(run.times // block_ms) * block_ms).tolist():
        part = between(run, window, window + block_ms - 1)
        writer = BlockWriter.create(folder, now_ms, window, window + block_ms)
        try:
            writer.add(*gather([RunBatch(part, part.sids.astype(np.int64), window, window + block_ms - 1)]))
            written += writer.finish(table) is not None
        except BaseException:
            writer.abort()
            raise
    return written


def _is_openmetrics(source: Path) -> bool:
    with source.open("rb") as file:
        file.seek(max(0, source.stat().st_size - 16))
        return file.read().rstrip().endswith(b"# EOF")


def _runs(file: IO[str], scale: float) -> Iterator[tuple[SeriesTable, Run, int]]:
    """Sorted samples, some millions at once."""
    table, known = SeriesTable(), dict[str, int]()
    rows, times, values, done = list[int](), list[float](), list[float](), 0
    for number, line in enumerate(file, 1):
        done += len(line)
        if line[0] in "#\n":
            continue
        series, value, moment = _split(line, number)
        row = known.get(series)
        if row is None:
            row = known[series] = int(table.resolve([_labels(series, number)])[0])
        rows.append(row)
        times.append(moment)
        values.append(value)
        if len(rows) >= _SAMPLES_AT_ONCE:
            yield table, _run(rows, times, values, scale), done
            rows, times, values = [], [], []
    if rows:
        yield table, _run(rows, times, values, scale), done


def _run(rows: list[int], times: list[float], values: list[float], scale: float) -> Run:
    moments = np.rint(np.array(times) * scale).astype(np.int64)
    return sorted_run(np.array(rows, np.int32), moments, np.array(values))


def _split(line: str, number: int) -> tuple[str, float, float]:
    match = _LINE.fullmatch(line.rstrip("\n"))
    if match is None:
        raise TextImportError(f"line {number}: expected `name{{labels}} value timestamp`, found {line.strip()[:80]!r}")
    if match[4] is None or match[4] == "#":
        raise TextImportError(f"line {number}: a sample without a timestamp cannot be imported: {line.strip()[:80]!r}")
    try:
        return match[1] + (match[2] or ""), float(match[3]), float(match[4])
    except ValueError as error:
        raise TextImportError(f"line {number}: {error}: {line.strip()[:80]!r}") from error


def _labels(series: str, number: int) -> LabelSet:
    name, _, rest = series.partition("{")
    pairs = {METRIC_NAME: name} if name else {}
    body, position = rest.removesuffix("}"), 0
    while position < len(body):
        match = _LABEL.match(body, position)
        if match is None or not match[0]:
            raise TextImportError(f"line {number}: labels that cannot be read: {series[:80]!r}")
        key = _unescape(match[1]) if match[1] is not None else match[2]
        if match[3] is None:
            pairs[METRIC_NAME] = key
        else:
            pairs[key] = _unescape(match[3])
        position = match.end()
    return label_set(pairs)


def _unescape(text: str) -> str:
    special: Callable[[re.Match[str]], str] = lambda match: {"n": "\n"}.get(match[1], match[1])  # noqa: E731
    return _UNESCAPE.sub(special, text)
