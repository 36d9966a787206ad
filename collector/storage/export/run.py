"""Reads a time range an hour at a time and hands it, series by series, to the writer of a format."""

from collections.abc import Callable, Iterator, Sequence
from typing import IO, Final, Protocol

import numpy as np

from collector.storage.export.folder import BlockFolder
from collector.storage.export.parquet import ParquetWriter
from collector.storage.export.text import CsvWriter, OpenMetricsWriter
from collector.storage.interface import DensePart, Selection, Timestamps, Values, is_stale
from collector.storage.options import HOUR_MS
from collector.storage.prometheus_import import Progress
from collector.storage.storage import Storage
from pharos.labels import Labels
from pharos.matchers import Matcher


class Writer(Protocol):
    """A format. `write` takes samples of one series, in time order; a series comes once for each hour it has samples in."""

    def write(self, labels: Labels, times: Timestamps, values: Values) -> None: ...

    def close(self) -> None: ...


FORMATS: Final[dict[str, Callable[[IO[bytes]], Writer]]] = {
    "openmetrics": OpenMetricsWriter,
    "csv": CsvWriter,
    "parquet": ParquetWriter,
}


def export(
    source: Storage | BlockFolder,
    writer: Writer,
    matchers: Sequence[Matcher],
    min_ms: int,
    max_ms: int,
    progress: Progress,
) -> int:
    """Write all samples of a time range; how many. Staleness markers and native histograms are left out.

    progress: called with (milliseconds done, milliseconds in all). Raises `CorruptFileError`.
    """
    low, high = max(min_ms, source.min_time), min(max_ms, source.max_time)
    written = 0
    for start in range(low, high + 1, HOUR_MS):
        for labels, times, values in _series(source.select(matchers, start, min(start + HOUR_MS - 1, high))):
            written += len(times)
            writer.write(labels, times, values)
        progress(min(start + HOUR_MS, high) - low, max(high - low, 1))
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
