"""One scrape job: the `<scrape_config>` section."""

import dataclasses
from dataclasses import dataclass, field
from typing import Literal

from collector.config.discovery import DiscoveryOptions
from collector.config.global_section import EscapingScheme, GlobalConfig, ValidationScheme
from collector.config.protocols import PROTO_FIRST_PROTOCOLS, TEXT_PROTOCOLS, ProtocolName, check_protocols
from pharos.config import FieldError
from pharos.durations import Duration
from pharos.http.client import HttpClientConfig
from pharos.relabel import RelabelConfig
from pharos.sizes import Size


@dataclass(frozen=True, slots=True)
class ScrapeConfig(DiscoveryOptions):
    """A job as written. Zero, empty or None where `inherit` fills in the global value."""

    job_name: str = ""
    scrape_interval: Duration = Duration(0)
    scrape_timeout: Duration = Duration(0)
    scrape_protocols: tuple[ProtocolName, ...] = ()
    fallback_scrape_protocol: ProtocolName | None = None
    metrics_path: str = "/metrics"
    scheme: Literal["http", "https"] = "http"
    params: dict[str, tuple[str, ...]] = field(default_factory=dict)
    honor_labels: bool = False
    honor_timestamps: bool = True
    track_timestamps_staleness: bool = False
    enable_compression: bool = True
    scrape_failure_log_file: str = ""
    relabel_configs: tuple[RelabelConfig, ...] = ()
    metric_relabel_configs: tuple[RelabelConfig, ...] = ()
    body_size_limit: Size = Size(0)
    sample_limit: int = 0
    label_limit: int = 0
    label_name_length_limit: int = 0
    label_value_length_limit: int = 0
    target_limit: int = 0
    keep_dropped_targets: int = 0
    native_histogram_bucket_limit: int = 0
    native_histogram_min_bucket_factor: float = 0.0
    metric_name_validation_scheme: ValidationScheme = ""
    metric_name_escaping_scheme: EscapingScheme = ""
    scrape_native_histograms: bool | None = None
    convert_classic_histograms_to_nhcb: bool | None = None
    always_scrape_classic_histograms: bool | None = None
    scrape_classic_histograms: bool | None = None  # the name before 3.0
    extra_scrape_metrics: bool | None = None

    def __post_init__(self) -> None:
        HttpClientConfig.__post_init__(self)
        if not self.job_name:
            raise FieldError("job_name", "job_name is empty")
        if not self.relabel_configs:
            self.refuse_urls()
        try:
            check_protocols(self.scrape_protocols)
        except ValueError as error:
            raise FieldError(
                "scrape_protocols", f'{error} for scrape config with job name "{self.job_name}"'
            ) from error

    def inherit(self, base: GlobalConfig) -> "ScrapeConfig":
        """The job with the global defaults filled in. Raises `ValueError` when interval and timeout contradict each other."""
        interval = self.scrape_interval or base.scrape_interval
        if self.scrape_timeout > interval:
            raise FieldError(
                "scrape_timeout",
                f'scrape timeout greater than scrape interval for scrape config with job name "{self.job_name}"',
            )
        native = _first(self.scrape_native_histograms, base.scrape_native_histograms)
        validation = self.metric_name_validation_scheme or base.metric_name_validation_scheme or "utf8"
        escaping = self.metric_name_escaping_scheme or base.metric_name_escaping_scheme
        classic = _first(self.always_scrape_classic_histograms, _first(self.scrape_classic_histograms, None))
        limits = {name: getattr(self, name) or getattr(base, name) for name in _LIMITS}
        return dataclasses.replace(
            self,
            scrape_interval=interval,
            scrape_timeout=self.scrape_timeout or min(base.scrape_timeout, interval),
            scrape_protocols=self.scrape_protocols
            or base.scrape_protocols
            or (PROTO_FIRST_PROTOCOLS if native else TEXT_PROTOCOLS),
            scrape_failure_log_file=self.scrape_failure_log_file or base.scrape_failure_log_file,
            metric_name_validation_scheme=validation,
            metric_name_escaping_scheme=escaping or ("allow-utf-8" if validation == "utf8" else "underscores"),
            scrape_native_histograms=native,
            convert_classic_histograms_to_nhcb=_first(
                self.convert_classic_histograms_to_nhcb, base.convert_classic_histograms_to_nhcb
            ),
            always_scrape_classic_histograms=_first(classic, base.always_scrape_classic_histograms),
            extra_scrape_metrics=_first(self.extra_scrape_metrics, base.extra_scrape_metrics),
            **limits,
        )


_LIMITS = (
    "body_size_limit",
    "sample_limit",
    "label_limit",
    "label_name_length_limit",
    "label_value_length_limit",
    "target_limit",
    "keep_dropped_targets",
)


def _first(own: bool | None, inherited: bool | None) -> bool | None:
    return inherited if own is None else own
