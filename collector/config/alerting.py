"""The `alerting` section: where alerts go and how they are relabelled on the way."""

from dataclasses import dataclass
from typing import Literal

from collector.config.discovery import DiscoveryOptions
from pharos.config import FieldError
from pharos.durations import Duration
from pharos.http.client import HttpClientConfig
from pharos.relabel import RelabelConfig


@dataclass(frozen=True, slots=True)
class AlertmanagerConfig(DiscoveryOptions):
    """A set of Alertmanagers, discovered as scrape targets are."""

    scheme: Literal["http", "https"] = "http"
    path_prefix: str = ""
    timeout: Duration = Duration(10)
    api_version: str = "v2"
    relabel_configs: tuple[RelabelConfig, ...] = ()
    alert_relabel_configs: tuple[RelabelConfig, ...] = ()

    def __post_init__(self) -> None:
        HttpClientConfig.__post_init__(self)
        if self.api_version != "v2":
            raise FieldError(
                "api_version", f"expected Alertmanager api version to be one of [v2] but got {self.api_version}"
            )
        if not self.relabel_configs:
            self.refuse_urls()


@dataclass(frozen=True, slots=True)
class AlertingConfig:
    """All sets of Alertmanagers, and rules for every alert."""

    alert_relabel_configs: tuple[RelabelConfig, ...] = ()
    alertmanagers: tuple[AlertmanagerConfig, ...] = ()
