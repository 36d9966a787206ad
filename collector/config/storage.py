"""The `storage`, `runtime` and `tracing` sections."""

from dataclasses import dataclass, field
from typing import Any, Literal

from pharos.durations import Duration
from pharos.http.client import TlsConfig
from pharos.sizes import Size


@dataclass(frozen=True, slots=True)
class RetentionConfig:
    """How long and how much to keep; None: as the command line says."""

    time: Duration | None = None
    size: Size | None = None
    percentage: int = 0


@dataclass(frozen=True, slots=True)
class TsdbConfig:
    """Settings of the time-series storage that a reload may change."""

    out_of_order_time_window: Duration = Duration(0)
    stale_series_compaction_threshold: float = 0.0
    chunk_encoding: dict[str, str] = field(default_factory=dict)  # Prometheus's encodings; ours has one
    retention: RetentionConfig = RetentionConfig()


@dataclass(frozen=True, slots=True)
class ExemplarsConfig:
    """The ring of exemplars."""

    max_exemplars: int = 100_000


@dataclass(frozen=True, slots=True)
class StorageConfig:
    """Storage settings."""

    tsdb: TsdbConfig = TsdbConfig()
    exemplars: ExemplarsConfig = ExemplarsConfig()


@dataclass(frozen=True, slots=True)
class RuntimeConfig:
    """Settings of the Go runtime: read so that existing files load, without effect here."""

    gogc: int = 75


@dataclass(frozen=True, slots=True)
class TracingConfig:
    """Export of traces: read so that existing files load; Pharos sends none."""

    client_type: Literal["grpc", "http"] = "grpc"
    endpoint: str = ""
    sampling_fraction: float = 0.0
    insecure: bool = False
    headers: dict[str, Any] = field(default_factory=dict)
    compression: Literal["", "gzip"] = ""
    timeout: Duration = Duration(10)
    tls_config: TlsConfig = field(default_factory=TlsConfig)
