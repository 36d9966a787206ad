"""The `remote_write`, `remote_read` and `otlp` sections."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from pharos.config import FieldError
from pharos.durations import Duration
from pharos.http.client import HttpClientConfig
from pharos.relabel import RelabelConfig

WriteMessage: TypeAlias = Literal["prometheus.WriteRequest", "io.prometheus.write.v2.Request"]
TranslationStrategy: TypeAlias = Literal[
    "UnderscoreEscapingWithSuffixes",
    "NoUTF8EscapingWithSuffixes",
    "UnderscoreEscapingWithoutSuffixes",
    "NoTranslation",
]
_RESERVED_HEADERS = frozenset(
    {
        "content-encoding",
        "content-length",
        "content-type",
        "user-agent",
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "www-authenticate",
        "accept-encoding",
        "x-prometheus-remote-write-version",
        "x-prometheus-remote-read-version",
        "x-amz-date",
        "x-amz-security-token",
        "x-amz-content-sha256",
    }
)


@dataclass(frozen=True, slots=True)
class QueueConfig:
    """How samples wait for and travel to a remote engine."""

    capacity: int = 10_000
    max_shards: int = 50
    min_shards: int = 1
    max_samples_per_send: int = 2_000
    batch_send_deadline: Duration = Duration(5)
    min_backoff: Duration = Duration(0.03)
    max_backoff: Duration = Duration(5)
    retry_on_http_429: bool = False
    sample_age_limit: Duration = Duration(0)

    def __post_init__(self) -> None:
        for name in ("max_shards", "min_shards", "max_samples_per_send", "capacity"):
            if getattr(self, name) < 1:
                raise FieldError(name, f"remote write queue {name} must be positive")
        if self.min_shards > self.max_shards:
            raise FieldError("min_shards", "remote write queue min_shards must not be greater than max_shards")
        if self.max_backoff < self.min_backoff:
            raise FieldError("max_backoff", "remote write queue max_backoff must not be less than min_backoff")


@dataclass(frozen=True, slots=True)
class MetadataConfig:
    """Types, help texts and units sent beside the samples."""

    send: bool = True
    send_interval: Duration = Duration(60)
    max_samples_per_send: int = 2_000


@dataclass(frozen=True, slots=True)
class RemoteWriteConfig(HttpClientConfig):
    """One engine to send samples to."""

    url: str = ""
    name: str = ""
    protobuf_message: WriteMessage = "prometheus.WriteRequest"
    remote_timeout: Duration = Duration(30)
    headers: dict[str, str] = field(default_factory=dict)
    write_relabel_configs: tuple[RelabelConfig, ...] = ()
    send_exemplars: bool = False
    send_native_histograms: bool = False
    round_robin_dns: bool = False
    queue_config: QueueConfig = QueueConfig()
    metadata_config: MetadataConfig = MetadataConfig()
    enable_http2: bool = False

    def __post_init__(self) -> None:
        HttpClientConfig.__post_init__(self)
        if not self.url:
            raise FieldError("url", "url for remote_write is empty")
        _check_headers(self.headers)


@dataclass(frozen=True, slots=True)
class RemoteReadConfig(HttpClientConfig):
    """One engine to read older samples from."""

    url: str = ""
    name: str = ""
    remote_timeout: Duration = Duration(60)
    chunked_read_limit: int = 50_000_000
    headers: dict[str, str] = field(default_factory=dict)
    required_matchers: dict[str, str] = field(default_factory=dict)
    read_recent: bool = False
    filter_external_labels: bool = True

    def __post_init__(self) -> None:
        HttpClientConfig.__post_init__(self)
        if not self.url:
            raise FieldError("url", "url for remote_read is empty")
        _check_headers(self.headers)


def _check_headers(headers: dict[str, str]) -> None:
    for name in headers:
        if name.lower() == "authorization":
            raise FieldError(
                "headers", "authorization header must be changed via the basic_auth, authorization or oauth2 parameter"
            )
        if name.lower() in _RESERVED_HEADERS:
            raise FieldError("headers", f"{name} is a reserved header. It must not be changed")


@dataclass(frozen=True, slots=True)
class OtlpConfig:
    """How OTLP metrics become series."""

    promote_resource_attributes: tuple[str, ...] = ()
    promote_all_resource_attributes: bool = False
    ignore_resource_attributes: tuple[str, ...] = ()
    translation_strategy: TranslationStrategy = "UnderscoreEscapingWithSuffixes"
    keep_identifying_resource_attributes: bool = False
    convert_histograms_to_nhcb: bool = False
    promote_scope_metadata: bool = False
    label_name_underscore_sanitization: bool = True
    label_name_preserve_multiple_underscores: bool = True

    def __post_init__(self) -> None:
        if self.promote_all_resource_attributes and self.promote_resource_attributes:
            raise FieldError(
                "promote_resource_attributes",
                "'promote_all_resource_attributes' and 'promote_resource_attributes' cannot be configured simultaneously",
            )
        if self.ignore_resource_attributes and not self.promote_all_resource_attributes:
            raise FieldError(
                "ignore_resource_attributes",
                "'ignore_resource_attributes' cannot be configured unless 'promote_all_resource_attributes' is true",
            )
