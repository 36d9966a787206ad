"""The `pharos up` command: check, plan, run, and say what runs where."""

import argparse
import fcntl
import os
import shutil
import sys
from functools import partial
from pathlib import Path
from typing import IO

from pharos.cli.parts import PARTS
from pharos.clock import SystemClock
from pharos.config import ConfigError
from pharos.logs import setup_logging
from pharos.service import run
from pharos.up.configuration import render_configuration
from pharos.up.plan import PlannedPart, UpOptions, placeholders, plan
from pharos.up.ports import taken_ports
from pharos.up.supervisor import Supervisor
from pharos.up.terminal import Terminal

STORES = ("collector", "logstore", "logship", "alerting", "dashboards")


def main(arguments: list[str]) -> int:
    """Run the whole stack until Ctrl-C. Returns the exit code."""
    options = parse_options(arguments)
    setup_logging("warn")
    terminal = Terminal()
    try:
        lock = prepare(options)
        values = placeholders(options)
        render = partial(render_configuration, options.config_dir, options.data_dir / "config", values)
        config = render()
    except (ConfigError, OSError) as error:
        print(f"pharos up: {error}", file=sys.stderr)
        return 1
    parts = plan(options, config)
    if not ports_are_free(parts):
        return 1
    os.environ.update(values)  # for parts that fill in `${NAME:-default}` themselves
    terminal.starting(options, len(parts))
    supervisor: Supervisor
    supervisor = Supervisor(parts, SystemClock(), terminal.event, lambda: terminal.ready(supervisor.processes), render)
    try:
        return run(supervisor)
    finally:
        lock.close()


def parse_options(arguments: list[str]) -> UpOptions:
    """The options of the command line; prints and exits on a bad one."""
    names = [part.command for part in PARTS]
    parser = argparse.ArgumentParser(
        prog="pharos up", description="Run the whole stack on this machine.", allow_abbrev=False
    )
    parser.add_argument(
        "--data-dir", default="./data", metavar="DIR", help="where everything is stored (default ./data)"
    )
    parser.add_argument(
        "--config-dir",
        metavar="DIR",
        help="your own prometheus.yml, alertmanager.yml, blackbox.yml, logship.yml and rules/*.yml",
    )
    parser.add_argument(
        "--listen", default="127.0.0.1", metavar="ADDRESS", help="address all parts listen on (default 127.0.0.1)"
    )
    parser.add_argument(
        "--port-offset", type=int, default=0, metavar="N", help="add N to every port, when the usual ones are taken"
    )
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        choices=names,
        metavar="PART",
        help="leave a part out; may be repeated: " + ", ".join(names),
    )
    parser.add_argument(
        "--retention", default="15d", metavar="TIME", help="how long metrics and logs are kept (default 15d)"
    )
    given = parser.parse_args(arguments)
    highest = max(part.port for part in PARTS) + given.port_offset
    if not given.port_offset >= 0 or highest > 65535:
        parser.error(f"--port-offset {given.port_offset}: expected 0 to {65535 - max(part.port for part in PARTS)}")
    return UpOptions(
        data_dir=Path(given.data_dir).absolute(),
        config_dir=Path(given.config_dir).absolute() if given.config_dir else None,
        listen=given.listen,
        port_offset=given.port_offset,
        without=frozenset(given.without),
        retention=given.retention,
    )


def prepare(options: UpOptions) -> IO[str]:
    """Make the data folders and lock the data folder. Raises `ConfigError` when another `pharos up` uses it."""
    for name in (*STORES, "logs", "config"):
        (options.data_dir / name).mkdir(parents=True, exist_ok=True)
    lock = (options.data_dir / "up.lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read().strip() or "unknown"
        lock.close()
        raise ConfigError(f"{options.data_dir} is in use by another pharos up (pid {holder})") from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def ports_are_free(parts: list[PlannedPart]) -> bool:
    """Whether all ports can be had; says on stderr which cannot, who holds them and what to do."""
    taken = taken_ports((part.name, part.host, part.port) for part in parts)
    width = shutil.get_terminal_size().columns if sys.stderr.isatty() else None
    for port in taken:
        print(f"pharos up: {port}"[:width], file=sys.stderr)
    if taken:
        print("pharos up: nothing was started. Stop these, choose other ports with", file=sys.stderr)
        print("           --port-offset 1000, or leave a part out with --without PART", file=sys.stderr)
    return not taken
