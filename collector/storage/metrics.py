"""The storage's own metrics under Prometheus's names, read when they are scraped: appending pays nothing for them."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.registry import Collector

from collector.storage.maintenance import folder_bytes
from collector.storage.order import MAX_TIME, MIN_TIME

if TYPE_CHECKING:
    from collector.storage.storage import Storage


class StorageMetrics(Collector):
    """One storage as metric families."""

    def __init__(self, storage: "Storage") -> None:
        self._storage = storage

    def collect(self) -> Iterable[Metric]:
        yield from self._head()
        yield from self._wal()
        yield from self._blocks()

    def _head(self) -> Iterator[Metric]:
        head, lifetimes = self._storage.head, self._storage.lifetimes
        refused = head.refused
        yield _gauge("prometheus_tsdb_head_series", "Series in the head.", head.series_count)
        yield _counter(
            "prometheus_tsdb_head_series_created", "Series that came into the head.", head.series_count + head.removed
        )
        yield _counter("prometheus_tsdb_head_series_removed", "Series that left the head.", head.removed)
        yield SummaryMetricFamily(
            "prometheus_tsdb_head_gc_duration_seconds",
            "Duration of giving up series.",
            count_value=lifetimes.releases,
            sum_value=lifetimes.seconds,
        )
        yield _gauge(
            "pharos_tsdb_known_series", "Series in memory, those of blocks that queries met included.", head.table.used
        )
        yield _gauge("prometheus_tsdb_head_chunks", "Column chunks in the head.", head.chunk_count)
        yield _gauge("prometheus_tsdb_head_min_time", "Oldest time in the head, milliseconds.", _time(head.min_time))
        yield _gauge("prometheus_tsdb_head_max_time", "Newest time in the head, milliseconds.", _time(head.max_time))
        yield _gauge(
            "prometheus_tsdb_head_min_time_seconds", "Oldest time in the head, seconds.", _time(head.min_time) / 1000
        )
        yield _gauge(
            "prometheus_tsdb_head_max_time_seconds", "Newest time in the head, seconds.", _time(head.max_time) / 1000
        )
        yield _counter("prometheus_tsdb_head_samples_appended", "Samples appended.", head.samples_appended)
        yield _counter(
            "prometheus_tsdb_out_of_order_samples",
            "Samples refused because they were out of order.",
            refused.out_of_order,
        )
        yield _counter(
            "prometheus_tsdb_out_of_bound_samples", "Samples refused because they were too old.", refused.too_old
        )
        yield _counter(
            "prometheus_tsdb_duplicate_samples",
            "Samples refused for another value at the same time.",
            refused.duplicate,
        )
        yield _counter(
            "prometheus_tsdb_too_far_ahead_samples", "Samples refused for a time in the future.", refused.too_far_ahead
        )
        yield _gauge("prometheus_tsdb_symbols", "Distinct texts in memory.", len(head.table.symbols))
        yield _gauge("prometheus_tsdb_exemplar_exemplars_in_storage", "Exemplars in memory.", len(head.exemplars))
        yield _gauge(
            "prometheus_tsdb_exemplar_series_with_exemplars_in_storage",
            "Series with exemplars.",
            head.exemplars.series_count,
        )
        yield _counter("prometheus_tsdb_exemplar_exemplars_appended", "Exemplars appended.", head.exemplars.appended)
        yield _counter(
            "prometheus_tsdb_exemplar_out_of_order_exemplars", "Exemplars refused.", head.exemplars.out_of_order
        )

    def _wal(self) -> Iterator[Metric]:
        storage = self._storage
        wal = storage.head.wal
        upkeep = storage.maintenance
        yield _gauge("prometheus_tsdb_wal_segment_current", "Segment being written.", storage.head.segment)
        yield _gauge(
            "prometheus_tsdb_wal_storage_size_bytes", "Size of the write-ahead log.", folder_bytes(storage.path / "wal")
        )
        yield _gauge("pharos_tsdb_wal_queued_bytes", "Bytes not written yet.", 0 if wal is None else wal.queued_bytes)
        yield _counter("prometheus_tsdb_wal_corruptions", "Damaged parts found at start.", storage.log_damages)
        yield _counter("prometheus_tsdb_wal_writes_failed", "Writes the disk refused.", upkeep.sync_failures)
        yield _counter(
            "pharos_tsdb_wal_dropped_records",
            "Records lost because the disk refused for too long.",
            0 if wal is None else wal.dropped_records,
        )
        yield _counter("pharos_tsdb_wal_fsyncs", "Fsyncs of the log.", 0 if wal is None else wal.fsyncs)
        yield _gauge("pharos_tsdb_disk_refuses", "1 while the disk takes no data.", int(upkeep.disk_refuses))
        yield _counter("prometheus_tsdb_checkpoint_creations", "Checkpoints written.", upkeep.checkpoints)
        yield _counter(
            "prometheus_tsdb_checkpoint_creations_failed", "Checkpoints not written.", upkeep.checkpoints_failed
        )
        yield _gauge("prometheus_tsdb_data_replay_duration_seconds", "Duration of the start.", storage.replay_seconds)

    def _blocks(self) -> Iterator[Metric]:
        storage = self._storage
        upkeep, store = storage.maintenance, storage.store
        yield _gauge("prometheus_tsdb_blocks_loaded", "Blocks in service.", len(store.blocks()))
        yield _gauge("prometheus_tsdb_storage_blocks_bytes", "Size of all blocks.", store.size_bytes)
        yield _gauge("pharos_tsdb_head_files_bytes", "Size of sealed rows on disk.", storage.head.files.size_bytes)
        yield _counter("prometheus_tsdb_compactions", "Blocks written or merged.", upkeep.flushes + upkeep.compactions)
        yield _counter("prometheus_tsdb_compactions_failed", "Merges that failed.", upkeep.compactions_failed)
        yield _counter("pharos_tsdb_quarantined_blocks", "Damaged blocks set aside.", store.quarantined)
        yield _counter("prometheus_tsdb_time_retentions", "Blocks deleted for their age.", upkeep.time_deletions)
        yield _counter("prometheus_tsdb_size_retentions", "Blocks deleted for space.", upkeep.size_deletions)
        yield _gauge(
            "prometheus_tsdb_retention_limit_seconds", "Retention by time.", storage.options.retention_ms / 1000
        )
        yield _gauge(
            "prometheus_tsdb_retention_limit_bytes", "Retention by size, 0: none.", storage.options.retention_bytes
        )
        yield _gauge("prometheus_tsdb_lowest_timestamp", "Oldest time, milliseconds.", storage.min_time)
        yield _gauge("prometheus_tsdb_lowest_timestamp_seconds", "Oldest time, seconds.", storage.min_time / 1000)


def register_metrics(storage: "Storage", registry: CollectorRegistry) -> None:
    """Show a storage's figures on a registry's page."""
    registry.register(StorageMetrics(storage))


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(name, text, value=value)


def _time(value: int) -> int:
    return 0 if value in (MIN_TIME, MAX_TIME) else value
