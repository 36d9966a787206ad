"""Writes samples out as text: OpenMetrics, which `import openmetrics` (ours and promtool's) takes back, or CSV."""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Final

import numpy as np

from collector.storage.assemble import Batch, assemble
from collector.storage.block import Block
from collector.storage.blockstore import BlockStore
from collector.storage.interface import DensePart, Selection, Timestamps, Values, is_stale
from collector.storage.options import HOUR_MS
from collector.storage.prometheus_import import Progress
from collector.storage.series import SeriesTable
from collector.storage.storage import Storage
from collector.storage.ulid import is_ulid
from pharos.labels import METRIC_NAME, Labels, format_labels
from pharos.matchers import Matcher

FORMATS: Final = ("openmetrics", "csv")


class BlockFolder:
    """The blocks of a folder (a snapshot, or a data folder that is in use) as something to select from."""

    def __init__(self, folder: Path) -> None:
        self._table = SeriesTable()
        self._store = BlockStore(folder, self._table)
        self.blocks = [Block(path) for path in sorted(folder.iterdir()) if is_ulid(path.name)]

    @property
    def min_time(self) -> int:
        return min((block.min_time for block in self.blocks), default=0)

    @property
    def max_time(self) -> int:
        return max((block.max_time - 1 for block in self.blocks), default=0)

    def select(self, matchers: Sequence[Matcher], min_ms: int, max_ms: int) -> Selection:
        raw = [block for block in self.blocks if block.meta.resolution_ms == 0]
        batches: list[Batch] = self._store.batches(raw, matchers, min_ms, max_ms)
        return assemble(self._table, batches)


def export(
    source: Storage | BlockFolder,
    out: IO[str],
    form: str,
    matchers: Sequence[Matcher],
    min_ms: int,
    max_ms: int,
    progress: Progress,
) -> int:
    """Write all samples of a time range, an hour at a time; how many. Staleness markers and native histograms are left out.

    progress: called with (milliseconds done, milliseconds in all). Raises `CorruptFileError`.
    """
    low, high = max(min_ms, source.min_time), min(max_ms, source.max_time)
    written = 0
    if form == "csv":
        csv.writer(out).writerow(["name", "labels", "timestamp_ms", "value"])
    write = {"csv": _write_csv, "openmetrics": _write_openmetrics}[form]
    for start in range(low, high + 1, HOUR_MS):
        for labels, times, values in _series(source.select(matchers, start, min(start + HOUR_MS - 1, high))):
            written += len(times)
            write(out, labels, times, values)
        progress(min(start + HOUR_MS, high) - low, max(high - low, 1))
    if form == "openmetrics":
        out.write("# EOF\n")
    return written


def _series(selection: Selection) -> Iterator[tuple[Labels, Timestamps, Values]]:
    for part in selection.parts:
        for index, row in enumerate(part.rows.tolist()):
            if isinstance(part, DensePart):
                times, values = part.timestamps, part.values[index]
            else:
                own = slice(int(part.offsets[index]), int(part.offsets[index + 1]))
                times, values = part.timestamps[own], part.values[own]
                if part.histograms is not None:
                    plain = np.array([value is None for value in part.histograms[own]], bool)
                    times, values = times[plain], values[plain]
            keep = ~is_stale(values)
            yield selection.labels.labels(row), times[keep], values[keep]


def _write_openmetrics(out: IO[str], labels: Labels, times: Timestamps, values: Values) -> None:
    name = format_labels(labels).replace(", ", ",")
    out.writelines(
        f"{name} {_number(value)} {time_ms / 1000!r}\n"
        for time_ms, value in zip(times.tolist(), values.tolist(), strict=True)
    )


def _write_csv(out: IO[str], labels: Labels, times: Timestamps, values: Values) -> None:
    buffer = io.StringIO()
    rest = format_labels({name: value for name, value in labels.items() if name != METRIC_NAME})
    rows = csv.writer(buffer)
    rows.writerows(
        (labels.get(METRIC_NAME, ""), rest, time_ms, _number(value))
        for time_ms, value in zip(times.tolist(), values.tolist(), strict=True)
    )
    out.write(buffer.getvalue())


def _number(value: float) -> str:
    return {"nan": "NaN", "inf": "+Inf", "-inf": "-Inf"}.get(str(value), repr(value))
