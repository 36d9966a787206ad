"""`prometheus.yml`: the whole file as frozen values, checked, defaults filled in, paths resolved.

Source: the configuration documentation of Prometheus 3; messages are worded as Prometheus words them where it has one.
"""

import dataclasses
import glob
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from collector.config.alerting import AlertingConfig
from collector.config.discovery import SUPPORTED, UNSUPPORTED
from collector.config.global_section import GlobalConfig
from collector.config.masking import masked
from collector.config.paths import resolve_paths
from collector.config.protocols import PROTO_FIRST_PROTOCOLS
from collector.config.remote import OtlpConfig, RemoteReadConfig, RemoteWriteConfig
from collector.config.scrape import ScrapeConfig
from collector.config.storage import RuntimeConfig, StorageConfig, TracingConfig
from pharos.config import ConfigError, FieldError, Location
from pharos.config.bind import Binder
from pharos.config.document import items, locate, parse_document, read_document


@dataclass(frozen=True, slots=True)
class PrometheusConfig:
    """The file. `global_` is the section `global`; `rule_files` are absolute globs, see `rule_paths`."""

    global_: GlobalConfig = field(default=GlobalConfig(), metadata={"key": "global"})
    runtime: RuntimeConfig = field(default_factory=RuntimeConfig)
    rule_files: tuple[str, ...] = ()
    scrape_config_files: tuple[str, ...] = ()
    scrape_configs: tuple[ScrapeConfig, ...] = ()
    alerting: AlertingConfig = field(default_factory=AlertingConfig)
    remote_write: tuple[RemoteWriteConfig, ...] = ()
    remote_read: tuple[RemoteReadConfig, ...] = ()
    storage: StorageConfig = field(default_factory=StorageConfig)
    otlp: OtlpConfig = field(default_factory=OtlpConfig)
    tracing: TracingConfig | None = None
    text: str = field(default="", metadata={"hidden": True}, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in ("rule_files", "scrape_config_files"):
            _check_patterns(name, getattr(self, name))
        _refuse_twice("remote_write", "found multiple remote write configs with job name", self.remote_write)
        _refuse_twice("remote_read", "found multiple remote read configs with job name", self.remote_read)
        jobs: set[str] = set()
        for job in self.scrape_configs:
            if job.job_name in jobs:
                raise FieldError("scrape_configs", f'found multiple scrape configs with job name "{job.job_name}"')
            jobs.add(job.job_name)

    def rule_paths(self) -> list[Path]:
        """The rule files that exist now, each once, sorted within a pattern."""
        found = (path for pattern in self.rule_files for path in sorted(glob.glob(pattern)))
        return [Path(path) for path in dict.fromkeys(found)]


@dataclass(frozen=True, slots=True)
class ScrapeConfigFile:
    """A file named by `scrape_config_files`."""

    scrape_configs: tuple[ScrapeConfig, ...] = ()


def load_config(path: str | Path, *, agent: bool = False, prefer_protobuf: bool = False) -> PrometheusConfig:
    """The configuration at `path` with the files it names in `scrape_config_files`. Raises `ConfigError`.

    `prefer_protobuf`: ask for protobuf first where the file does not say what to ask for."""
    root = read_document(path)
    return _finish(root, Path(path), Path(path).read_text(), agent=agent, prefer_protobuf=prefer_protobuf)


def parse_config(text: str, file: str = "prometheus.yml", *, agent: bool = False) -> PrometheusConfig:
    """The configuration `text`; `file` stands in messages, its folder is where relative paths begin. Raises `ConfigError`."""
    return _finish(parse_document(text, file), Path(file), text, agent=agent)


def _finish(
    root: yaml.Node | None, path: Path, text: str, *, agent: bool, prefer_protobuf: bool = False
) -> PrometheusConfig:
    if agent:
        _refuse_in_agent_mode(root, str(path))
    config: PrometheusConfig = _bind(root, str(path), PrometheusConfig)
    config = resolve_paths(config, path.parent)
    if prefer_protobuf and not config.global_.scrape_protocols:
        config = dataclasses.replace(
            config, global_=dataclasses.replace(config.global_, scrape_protocols=PROTO_FIRST_PROTOCOLS)
        )
    jobs = _inherit(config.scrape_configs, config.global_, root, str(path))
    jobs += _load_scrape_files(config, {job.job_name: str(path) for job in jobs})
    return dataclasses.replace(config, scrape_configs=tuple(jobs), text=masked(text, root))


def _bind(root: yaml.Node | None, file: str, kind: Any) -> Any:
    node = root if root is not None else yaml.compose("{}", Loader=yaml.SafeLoader)
    assert node is not None
    _refuse_foreign_discovery(node, file, "")
    return Binder(file).bind(node, kind)


def _load_scrape_files(config: PrometheusConfig, seen: dict[str, str]) -> list[ScrapeConfig]:
    jobs: list[ScrapeConfig] = []
    paths = (path for pattern in config.scrape_config_files for path in sorted(glob.glob(pattern)))
    for file in dict.fromkeys(paths):
        root = read_document(file)
        loaded = resolve_paths(_bind(root, file, ScrapeConfigFile), Path(file).parent)
        for job in _inherit(loaded.scrape_configs, config.global_, root, file):
            if job.job_name in seen:
                raise ConfigError(
                    f'found multiple scrape configs with job name "{job.job_name}", first found in {seen[job.job_name]}',
                    Location(file),
                )
            seen[job.job_name] = file
            jobs.append(job)
    return jobs


def _inherit(
    jobs: tuple[ScrapeConfig, ...], base: GlobalConfig, root: yaml.Node | None, file: str
) -> list[ScrapeConfig]:
    out = []
    for index, job in enumerate(jobs):
        try:
            out.append(job.inherit(base))
        except FieldError as error:
            raise ConfigError(str(error), locate_path(root, file, f"scrape_configs[{index}].{error.field}")) from error
    return out


def locate_path(root: yaml.Node | None, file: str, path: str) -> Location:
    """Where `path` (`groups[0].rules[1].expr`) stands in a document, as near as it exists."""
    node = root
    for step in path.replace("[", ".[").split("."):
        below = _child(node, step)
        if below is None:
            break
        node = below
    return locate(node, file, path) if node is not None else Location(file, path=path)


def _child(node: yaml.Node | None, step: str) -> yaml.Node | None:
    if step.startswith("["):
        index = int(step[1:-1])
        return node.value[index] if isinstance(node, yaml.SequenceNode) and index < len(node.value) else None
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for key, value in items(node) if key.value == step), None)


def _refuse_foreign_discovery(root: yaml.Node, file: str, path: str) -> None:
    """Say plainly that a discovery of Prometheus is not offered, instead of calling its key unknown."""
    if isinstance(root, yaml.SequenceNode):
        for index, node in enumerate(root.value):
            _refuse_foreign_discovery(node, file, f"{path}[{index}]")
    elif isinstance(root, yaml.MappingNode):
        for key, value in root.value:
            where = f"{path}.{key.value}" if path else str(key.value)
            if key.value in UNSUPPORTED:
                raise ConfigError(
                    f"{key.value!r} is not supported, supported service discoveries: {', '.join(SUPPORTED)}; "
                    "others can feed http_sd_configs or file_sd_configs",
                    locate(key, file, where),
                )
            if not path or key.value in ("alertmanagers",):
                _refuse_foreign_discovery(value, file, where)


def _refuse_in_agent_mode(root: yaml.Node | None, file: str) -> None:
    if isinstance(root, yaml.MappingNode):
        for key, _ in root.value:
            if key.value in ("alerting", "rule_files", "remote_read"):
                raise ConfigError(f"field {key.value} is not allowed in agent mode", locate(key, file, key.value))


def _check_patterns(name: str, patterns: tuple[str, ...]) -> None:
    word = name.removesuffix("s").replace("_", " ")
    for pattern in patterns:
        if "*" in pattern.rpartition("/")[0]:
            raise FieldError(name, f'invalid {word} path "{pattern}"')


def _refuse_twice(field_name: str, message: str, configs: tuple[Any, ...]) -> None:
    names = [config.name for config in configs if config.name]
    for name in names:
        if names.count(name) > 1:
            raise FieldError(field_name, f'{message} "{name}"')
