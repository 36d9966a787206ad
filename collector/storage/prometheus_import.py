"""Copies the blocks of an existing Prometheus data folder into ours, block by block, so that a migrating user keeps the history.

What is still in Prometheus's write-ahead log is not read: stop Prometheus after `POST /api/v1/admin/tsdb/snapshot` and import the snapshot, which has
the head as a block. Native histogram chunks are counted and left out.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from collector.storage.assemble import gather
from collector.storage.blockwriter import BlockWriter
from collector.storage.interface import Rows
from collector.storage.prometheus_blocks import ENCODING_XOR, SourceBlock, SourceSeries
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
    left_out_histogram_chunks: int = 0


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
            run = _decode(block, batch, sids, report)
            if len(run):
                wanted = np.unique(sids)
                writer.add(*gather([RunBatch(run, wanted, block.min_time, block.max_time - 1)]))
                report.samples += len(run)
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


def _decode(block: SourceBlock, batch: Sequence[SourceSeries], sids: Rows, report: ImportReport) -> Run:
    data, starts, owners = [], [0], []
    for place, series in enumerate(batch):
        for reference in series.chunks:
            encoding, blob = block.chunk(reference)
            if encoding == ENCODING_XOR:
                data.append(blob)
                starts.append(starts[-1] + len(blob))
                owners.append(place)
            else:
                report.left_out_histogram_chunks += 1
    counts, times, values = decode_xor(b"".join(data), np.array(starts[:-1], np.int64))
    rows = np.repeat(np.array(owners, np.int64), counts)
    keep = np.ones(len(times), bool)
    for place, series in enumerate(batch):
        for low, high in merge_intervals(block.deletions.get(series.reference, [])):
            keep &= ~((rows == place) & (times >= low) & (times <= high))
    return sorted_run(sids[rows[keep]].astype(np.int32), times[keep], values[keep])
