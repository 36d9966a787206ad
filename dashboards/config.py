"""`--config.file`: further data sources and how to reach them. Without it the three sources come from flags."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from dashboards.sources.base import SourceConfig
from pharos.config import ConfigError, FieldError
from pharos.durations import Duration
from pharos.http.client import HttpClientConfig

_URL: Final = re.compile(r"https?://[^/\s]+")
SourceType = Literal["prometheus", "elasticsearch", "alertmanager"]


@dataclass(frozen=True, slots=True)
class DatasourceConfig(HttpClientConfig):
    """One entry of `datasources`; the HTTP client options stand beside its own keys."""

    name: str = ""
    type: SourceType = "prometheus"
    url: str = ""
    uid: str = ""
    timeout: Duration = Duration(30)
    scrape_interval: Duration = Duration(15)

    def __post_init__(self) -> None:
        HttpClientConfig.__post_init__(self)
        if not self.name:
            raise FieldError("name", "the key 'name' is missing")
        if not _URL.match(self.url):
            raise FieldError("url", f"found {self.url!r}, expected http://host:port or https://...")

    def source(self) -> SourceConfig:
        """What the source needs."""
        uid = self.uid or re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")
        return SourceConfig(uid, self.name, self.type, self.url, self, float(self.timeout), self.scrape_interval.ms)


@dataclass(frozen=True, slots=True)
class DashboardsConfig:
    """The whole file. Sources here come before those of the flags, so the first of a type is the default."""

    datasources: tuple[DatasourceConfig, ...] = ()
    dashboards_path: str = ""

    def __post_init__(self) -> None:
        seen = set()
        for entry in self.datasources:
            uid = entry.source().uid
            if uid in seen:
                raise FieldError("datasources", f"two data sources have the uid {uid!r}")
            seen.add(uid)


def all_sources(config: DashboardsConfig, prometheus: str, logs: str, alerting: str) -> tuple[SourceConfig, ...]:
    """Those of the file, then those of the flags whose uid is still free. Raises `ConfigError` for a flag that is no URL."""
    for flag, url in (("prometheus", prometheus), ("logs", logs), ("alerting", alerting)):
        if not _URL.match(url):
            raise ConfigError(f"--datasource.{flag}: found {url!r}, expected http://host:port or https://...")
    configured = [entry.source() for entry in config.datasources]
    taken = {source.uid for source in configured}
    given = (
        SourceConfig("prometheus", "Prometheus", "prometheus", prometheus),
        SourceConfig("logs", "Logs", "elasticsearch", logs),
        SourceConfig("alerting", "Alerting", "alertmanager", alerting),
    )
    return (*configured, *(source for source in given if source.uid not in taken))


def user_folder(config: DashboardsConfig, flag: str) -> Path | None:
    """The user's dashboards. Raises `NotADirectoryError` when the folder is named but missing."""
    chosen = flag or config.dashboards_path
    if not chosen:
        return None
    folder = Path(chosen)
    if not folder.is_dir():
        raise NotADirectoryError(f"--dashboards.path: {chosen} is no folder")
    return folder
