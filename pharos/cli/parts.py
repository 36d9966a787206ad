"""The table of servers: command, module, port. A part's module offers `add_flags(flags)` and `build(options) -> Service`."""

import argparse
import sys
from dataclasses import dataclass
from importlib import import_module
from typing import Final

from pharos.config import ConfigError
from pharos.flags import Flags


@dataclass(frozen=True, slots=True)
class Part:
    """One server of the stack."""

    command: str
    module: str
    port: int
    summary: str


PARTS: Final = (
    Part("collector", "collector.app", 9090, "scrape, store and query metrics (Prometheus's job)"),
    Part("node-exporter", "exporters.node.app", 9100, "metrics of this machine (node_exporter's job)"),
    Part("container-exporter", "exporters.container.app", 8080, "metrics of containers (cAdvisor's job)"),
    Part("blackbox", "blackbox.app", 9115, "probe endpoints over HTTP, TCP, ICMP, DNS (blackbox_exporter's job)"),
    Part("alerting", "alerting.app", 9093, "route alerts to chats (Alertmanager's job)"),
    Part("logstore", "logstore.app", 9200, "store and search logs (Elasticsearch's REST API)"),
    Part("logship", "logship.app", 2020, "ship container and file logs to Elasticsearch (Fluent Bit's job)"),
    Part("dashboards", "dashboards.app", 3000, "the web UI (Grafana's job)"),
)


def part(command: str) -> Part:
    return next(part for part in PARTS if part.command == command)


def serve(command: str, arguments: list[str]) -> int:
    """Run one part until it is told to stop. Returns the exit code: 1 for a configuration that cannot be used."""
    chosen = part(command)
    module = import_module(chosen.module)
    parser = argparse.ArgumentParser(
        prog=f"pharos {command}", description=f"pharos {command}: {chosen.summary}.", allow_abbrev=False
    )
    flags = Flags(parser)
    flags.web(f":{chosen.port}")
    module.add_flags(flags)
    options = parser.parse_args(arguments)
    del parser, flags  # hundreds of objects for some parts, and this frame lives as long as the server
    from pharos.logs import setup_logging
    from pharos.service import run
    from pharos.up.lifeline import tie_to_supervisor

    setup_logging(options.log_level, options.log_format)
    tie_to_supervisor()
    try:
        service = module.build(options)
        return 0 if service is None else run(service)
    except (ConfigError, OSError) as error:
        print(f"pharos {command}: {error}", file=sys.stderr)
        return 1
