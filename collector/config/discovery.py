"""Service discovery sections. The classes are plain data: `collector.discovery` knows what to do with them."""

from dataclasses import dataclass, field
from typing import Any, Final, Literal, Self
from urllib.parse import urlsplit

from pharos.config import FieldError
from pharos.durations import Duration
from pharos.http.client import HttpClientConfig
from pharos.labels import is_valid_utf8_name

UNSUPPORTED: Final = frozenset(
    f"{name}_sd_configs"
    for name in [
        "aws",
        "azure",
        "consul",
        "digitalocean",
        "dockerswarm",
        "ec2",
        "ecs",
        "elasticache",
        "eureka",
        "gce",
        "hetzner",
        "ionos",
        "kubernetes",
        "kuma",
        "lightsail",
        "linode",
        "marathon",
        "msk",
        "nerve",
        "nomad",
        "oci",
        "openstack",
        "outscale",
        "ovhcloud",
        "puppetdb",
        "rds",
        "scaleway",
        "serverset",
        "stackit",
        "triton",
        "uyuni",
        "vultr",
    ]
)


@dataclass(frozen=True, slots=True)
class StaticConfig:
    """Targets written down: `host:port` texts and labels for all of them."""

    targets: tuple[str, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in self.labels:
            if not is_valid_utf8_name(name):
                raise FieldError("labels", f'"{name}" is not a valid label name')


class FilePattern(str):
    """A path whose last segment may hold one `*` and ends with .json, .yml or .yaml."""

    __slots__ = ()

    @classmethod
    def from_config(cls, value: Any) -> Self:
        folder, _, last = str(value).rpartition("/")
        stem, dot, kind = last.rpartition(".")
        if not dot or kind not in ("json", "yml", "yaml") or stem.count("*") > 1 or "*" in folder:
            raise ValueError(f'path name "{value}" is not valid for file discovery')
        return cls(value)


@dataclass(frozen=True, slots=True)
class FileSdConfig:
    """Target groups in YAML or JSON files, read again when they change."""

    files: tuple[FilePattern, ...] = ()
    refresh_interval: Duration = Duration(300)

    def __post_init__(self) -> None:
        if not self.files:
            raise FieldError("files", "file service discovery config must contain at least one path name")


@dataclass(frozen=True, slots=True)
class HttpSdConfig(HttpClientConfig):
    """Target groups as JSON from an HTTP endpoint."""

    url: str = ""
    refresh_interval: Duration = Duration(60)

    def __post_init__(self) -> None:
        HttpClientConfig.__post_init__(self)
        if not self.url:
            raise FieldError("url", "URL is missing")
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https"):
            raise FieldError("url", "URL scheme must be 'http' or 'https'")
        if not parts.hostname:
            raise FieldError("url", "host is missing in URL")


@dataclass(frozen=True, slots=True)
class DnsSdConfig:
    """Targets from DNS records."""

    names: tuple[str, ...] = ()
    type: Literal["SRV", "A", "AAAA", "MX", "NS"] = "SRV"
    port: int = 0
    refresh_interval: Duration = Duration(30)

    def __post_init__(self) -> None:
        if not self.names:
            raise FieldError("names", "DNS-SD config must contain at least one SRV record name")
        if self.type != "SRV" and not self.port:
            raise FieldError("port", "a port is required in DNS-SD configs for all record types except SRV")


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter of the Docker API: one name, several values."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DockerSdConfig(HttpClientConfig):
    """Containers of a Docker daemon."""

    host: str = ""
    port: int = 80
    host_networking_host: str = "localhost"
    match_first_network: bool = True
    filters: tuple[Filter, ...] = ()
    refresh_interval: Duration = Duration(60)

    def __post_init__(self) -> None:
        HttpClientConfig.__post_init__(self)
        if not self.host:
            raise FieldError("host", "host missing")


@dataclass(frozen=True, slots=True)
class DiscoveryOptions(HttpClientConfig):
    """The discovery keys that scrape jobs and Alertmanagers share, with the HTTP options both have."""

    static_configs: tuple[StaticConfig, ...] = ()
    file_sd_configs: tuple[FileSdConfig, ...] = ()
    http_sd_configs: tuple[HttpSdConfig, ...] = ()
    dns_sd_configs: tuple[DnsSdConfig, ...] = ()
    docker_sd_configs: tuple[DockerSdConfig, ...] = ()

    def refuse_urls(self) -> None:
        """Without relabelling, a static target is a host: a URL there is a mistake."""
        for group in self.static_configs:
            for target in group.targets:
                if "/" in target:
                    raise FieldError("static_configs", f'"{target}" is not a valid hostname')


SUPPORTED: Final = tuple(f"{name}_configs" for name in ("static", "file_sd", "http_sd", "dns_sd", "docker_sd"))
