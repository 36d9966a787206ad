"""What can be set about a storage, and what it tells about itself."""

from dataclasses import dataclass, field

DAY_MS = 86_400_000
HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class StorageOptions:
    """Settings of one storage folder; times in milliseconds, sizes in bytes, 0 switches a limit off."""

    retention_ms: int = 15 * DAY_MS
    retention_bytes: int = 0
    out_of_order_window_ms: int = 0
    max_ahead_ms: int = 600_000  # how far in the future a sample may lie, as Prometheus's scrape loop has it
    block_ms: int = 2 * HOUR_MS
    max_block_ms: int = 0  # largest block compaction makes; 0: a tenth of the retention, at most 31 days
    wal_segment_bytes: int = 64 * 1024 * 1024
    wal_compression: str = "none"  # none, lz4 or zstd
    fsync_interval_s: float = 0.5
    downsampling: bool = True
    retention_5m_ms: int = 90 * DAY_MS
    retention_1h_ms: int = 400 * DAY_MS
    max_exemplars: int = 100_000


@dataclass(frozen=True, slots=True)
class Named:
    """One line of a top list."""

    name: str
    value: int


@dataclass(frozen=True, slots=True)
class TsdbStats:
    """The content of `/api/v1/status/tsdb`."""

    num_series: int = 0
    num_label_pairs: int = 0
    chunk_count: int = 0
    min_time: int = 0
    max_time: int = 0
    series_by_metric: list[Named] = field(default_factory=list)
    values_by_label: list[Named] = field(default_factory=list)
    memory_by_label: list[Named] = field(default_factory=list)
    series_by_pair: list[Named] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class BlockInfo:
    """One block on disk; times in milliseconds, `max_time` exclusive."""

    ulid: str
    min_time: int
    max_time: int
    num_samples: int
    num_series: int
    num_chunks: int
    size_bytes: int
    level: int
    sources: tuple[str, ...]
    resolution_ms: int = 0


@dataclass(frozen=True, slots=True)
class ReplayStatus:
    """Progress of the start: segments of the write-ahead log, as `/api/v1/status/walreplay` tells."""

    minimum: int = 0
    maximum: int = 0
    current: int = 0
    done: bool = False
