"""What `pharos up` is going to run: pure planning, from options to command lines."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pharos.cli.parts import PARTS, Part


@dataclass(frozen=True, slots=True)
class UpOptions:
    """The choices of the user. Paths are absolute."""

    data_dir: Path
    config_dir: Path | None = None
    listen: str = "127.0.0.1"
    port_offset: int = 0
    without: frozenset[str] = frozenset()
    retention: str = "15d"


@dataclass(frozen=True, slots=True)
class PlannedPart:
    """One process to run: its command line, where it listens and where its output goes."""

    name: str
    summary: str
    argv: tuple[str, ...]
    host: str
    port: int
    log_file: Path

    @property
    def url(self) -> str:
        """How this machine reaches the part."""
        return f"http://{reachable(self.host)}:{self.port}"


def reachable(host: str) -> str:
    """The address by which this machine reaches a server that listens on `host`."""
    if host in ("", "0.0.0.0"):  # noqa: S104 - recognised, not listened on
        return "127.0.0.1"
    return f"[{'::1' if host == '::' else host}]" if ":" in host else host


def placeholders(options: UpOptions, parts: Iterable[Part] = PARTS) -> dict[str, str]:
    """What `${PHAROS_...}` in the default configuration files stands for."""
    values = {"PHAROS_DATA_DIR": str(options.data_dir), "PHAROS_RULES_DIR": str(options.data_dir / "config")}
    for part in parts:
        key = part.command.upper().replace("-", "_")
        values[f"PHAROS_{key}"] = f"{reachable(options.listen)}:{part.port + options.port_offset}"
    return values


def plan(options: UpOptions, config: Path) -> list[PlannedPart]:
    """The processes to run, in the order in which they start. `config` holds the rendered configuration files."""
    urls = {part.command: f"http://{reachable(options.listen)}:{part.port + options.port_offset}" for part in PARTS}
    return [
        PlannedPart(
            name=part.command,
            summary=part.summary,
            argv=(*_command(part, options), *_flags(part.command, options, config, urls)),
            host=options.listen,
            port=part.port + options.port_offset,
            log_file=options.data_dir / "logs" / f"{part.command}.log",
        )
        for part in PARTS
        if part.command not in options.without
    ]


def _command(part: Part, options: UpOptions) -> tuple[str, ...]:
    host = f"[{options.listen}]" if ":" in options.listen else options.listen
    address = f"{host}:{part.port + options.port_offset}"
    return (sys.executable, "-m", "pharos.cli.main", part.command, f"--web.listen-address={address}")


def _flags(command: str, options: UpOptions, config: Path, urls: dict[str, str]) -> tuple[str, ...]:
    data = options.data_dir
    match command:
        case "collector":
            return (
                f"--config.file={config / 'prometheus.yml'}",
                f"--storage.tsdb.path={data / 'collector'}",
                f"--storage.tsdb.retention.time={options.retention}",
                "--web.enable-lifecycle",
            )
        case "blackbox":
            return (f"--config.file={config / 'blackbox.yml'}",)
        case "alerting":
            return (
                f"--config.file={config / 'alertmanager.yml'}",
                f"--storage.path={data / 'alerting'}",
                f"--web.ui-url={urls['dashboards']}",
            )
        case "logstore":
            return (f"--storage.path={data / 'logstore'}", f"--retention.time={options.retention}")
        case "logship":
            return (f"--config.file={config / 'logship.yml'}", f"--storage.path={data / 'logship'}")
        case "dashboards":
            return (
                f"--dashboards.path={data / 'dashboards'}",
                f"--datasource.prometheus={urls['collector']}",
                f"--datasource.logs={urls['logstore']}",
                f"--datasource.alerting={urls['alerting']}",
            )
        case _:
            return ()
