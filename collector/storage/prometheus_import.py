"""Copies the blocks of an existing Prometheus data folder into ours, block by block, so that a migrating user keeps the history.

What is still in Prometheus's write-ahead log is not read: stop Prometheus after `POST /api/v1/admin/tsdb/snapshot` and import the snapshot, which has
the head as a block. Chunks in an encoding that is not known are counted and left out.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from collector.histogram import FloatHistogram
from collector.storage.assemble import gather
from collector.storage.blockwriter import BlockWriter
from collector.storage.histograms import HistogramBatch, HistogramRun, encode_histogram, objects
from collector.storage.interface import STALE_NAN, Rows, Timestamps, Values
from collector.storage.prometheus_blocks import ENCODING_XOR, SourceBlock, SourceSeries
from collector.storage.prometheus_histograms import (
    ENCODING_FLOAT_HISTOGRAM,
    ENCODING_HISTOGRAM,
    decode_histogram_chunk,
)
from collector.storage.samplelog import Run, sorted_run
from collector.storage.series import SeriesTable
from collector.storage.sources import RunBatch
from collector.storage.tombstones import merge_intervals
from collector.storage.ulid import is_ulid
from collector.storage.xorchunks import decode_xor

logger = logging.getLogger(__name__)

_CHUNKS_AT_ONCE: Final = 20_000
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class ImportReport:
    """What was taken over, and what was not."""

    blocks: int = 0
    series: int = 0
    samples: int = 0
    left_out_chunks: int = 0


def source_blocks(folder: Path) -> list[SourceBlock]:
    """The blocks of a Prometheus data folder, oldest first. Raises `CorruptFileError`, `OSError`."""
    found = [
        SourceBlock(path) for path in sorted(folder.iterdir()) if is_ulid(path.name) and (path / "meta.json").exists()
    ]
    return sorted(found, key=lambda block: block.min_time)


def import_prometheus(source: Path, target: Path, now_ms: int, progress: Progress) -> ImportReport:
    """Import all blocks of `source` into the blocks folder of the storage at `target`; a running server takes them into service.

    progress: called with (samples done, samples in all).
    """
    blocks = source_blocks(source)
    total = sum(block.num_samples for block in blocks)
    report = ImportReport()
    folder = target / "blocks"
    folder.mkdir(parents=True, exist_ok=True)
    for block in blocks:
        _import_block(block, folder, now_ms, report, lambda: progress(report.samples, total))
    return report


def _import_block(
    block: SourceBlock, folder: Path, now_ms: int, report: ImportReport, tick: Callable[[], None]
) -> None:
    table = SeriesTable()
    writer = BlockWriter.create(folder, now_ms, block.min_time, block.max_time)
    try:
        for batch in _batches(block):
            sids = table.resolve([series.labels for series in batch])
            run, histograms = _decode(block, batch, sids, report)
            if len(run) or len(histograms):
                floats = RunBatch(run, np.unique(sids), block.min_time, block.max_time - 1)
                writer.add(*gather([HistogramBatch(histograms), floats]))
                report.samples += len(run) + len(histograms)
            report.series += len(batch)
            tick()
        report.blocks += writer.finish(table) is not None
    except BaseException:
        writer.abort()
        raise


def _batches(block: SourceBlock) -> list[list[SourceSeries]]:
    out: list[list[SourceSeries]] = []
    count = _CHUNKS_AT_ONCE
    for series in block.series():
        if count >= _CHUNKS_AT_ONCE:
            out.append([])
            count = 0
        out[-1].append(series)
        count += len(series.chunks)
    return out


def _decode(
    block: SourceBlock, batch: Sequence[SourceSeries], sids: Rows, report: ImportReport
) -> tuple[Run, HistogramRun]:
    """The floats and the native histograms of some series, without what was deleted."""
    floats = _Pieces(sids)
    histograms = _HistogramPieces(sids)
    for place, series in enumerate(batch):
        for reference in series.chunks:
            encoding, blob = block.chunk(reference)
            if encoding == ENCODING_XOR:
                floats.add(place, blob)
            elif encoding in (ENCODING_HISTOGRAM, ENCODING_FLOAT_HISTOGRAM):
                histograms.add(place, blob, encoding)
            else:
                report.left_out_chunks += 1
    deleted = {
        place: merge_intervals(block.deletions[series.reference])
        for place, series in enumerate(batch)
        if series.reference in block.deletions
    }
    ends = histograms.ends(deleted)
    return floats.run(deleted, ends), histograms.run(deleted)


Deletions = dict[int, list[tuple[int, int]]]
Columns = tuple[NDArray[np.int64], Timestamps, Values]


class _Pieces:
    """Chunks of floats, decoded together."""

    def __init__(self, sids: Rows) -> None:
        self._sids = sids
        self._data: list[bytes] = []
        self._owners: list[int] = []

    def add(self, place: int, blob: bytes) -> None:
        self._data.append(blob)
        self._owners.append(place)

    def run(self, deleted: Deletions, more: Columns) -> Run:
        """All samples; `more`: places, times and values that did not come in chunks of floats."""
        sizes = np.array([len(blob) for blob in self._data], np.int64)
        counts, times, values = decode_xor(b"".join(self._data), np.cumsum(sizes) - sizes)
        places = np.repeat(np.array(self._owners, np.int64), counts)
        keep = _kept(places, times, deleted)
        places = np.concatenate([places[keep], more[0]])
        times, values = np.concatenate([times[keep], more[1]]), np.concatenate([values[keep], more[2]])
        return sorted_run(self._sids[places].astype(np.int32), times, values)


class _HistogramPieces:
    """Native histograms; where a series of them ends, a staleness marker among the floats says so, as everywhere in our storage."""

    def __init__(self, sids: Rows) -> None:
        self._sids = sids
        self._places: list[int] = []
        self._times: list[int] = []
        self._histograms: list[FloatHistogram | None] = []

    def add(self, place: int, blob: bytes, encoding: int) -> None:
        for time_ms, histogram in decode_histogram_chunk(blob, encoding):
            self._places.append(place)
            self._times.append(time_ms)
            self._histograms.append(histogram)

    def ends(self, deleted: Deletions) -> Columns:
        """Places, times and values of the staleness markers."""
        chosen = [number for number, one in enumerate(self._histograms) if one is None]
        places, times = np.array(self._places, np.int64)[chosen], np.array(self._times, np.int64)[chosen]
        keep = _kept(places, times, deleted)
        return places[keep], times[keep], np.full(int(keep.sum()), STALE_NAN)

    def run(self, deleted: Deletions) -> HistogramRun:
        """The histograms."""
        chosen = [number for number, one in enumerate(self._histograms) if one is not None]
        places, times = np.array(self._places, np.int64)[chosen], np.array(self._times, np.int64)[chosen]
        keep = _kept(places, times, deleted)
        blobs = objects([encode_histogram(one) for one in self._histograms if one is not None])
        return HistogramRun(self._sids[places[keep]].astype(np.int32), times[keep], blobs[keep])


def _kept(places: NDArray[np.int64], times: Timestamps, deleted: Deletions) -> NDArray[np.bool_]:
    keep = np.ones(len(times), bool)
    for place, intervals in deleted.items():
        for low, high in intervals:
            keep &= ~((places == place) & (times >= low) & (times <= high))
    return keep
