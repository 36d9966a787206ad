"""`pharos check WHAT FILE...`: every part's configuration, each checked by its own part."""

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

from pharos.config import ConfigError

# Configuration -> (module with `load_config(path)`, what it is called).
_PARTS: Final = {
    "alerting": ("alerting.receivers", "an Alertmanager configuration"),
    "blackbox": ("blackbox.config", "a blackbox exporter configuration"),
}


def main(arguments: list[str]) -> int:
    """Run the command. Returns the exit code."""
    if arguments and arguments[0] in _PARTS:
        module, title = _PARTS[arguments[0]]
        return _check_files(import_module(module).load_config, title, arguments[1:])
    tool: Callable[[list[str]], int] = import_module("collector.cli.check").main
    return tool(arguments)


def _check_files(load: Callable[[str], Any], title: str, files: list[str]) -> int:
    failed = not files
    if not files:
        print("pharos check: name at least one file", file=sys.stderr)
    for file in files:
        print(f"Checking {file}")
        try:
            load(file)
            print(f"  SUCCESS: {file} is {title}\n")
        except (ConfigError, OSError) as error:
            print(f"  FAILED: {error}\n", file=sys.stderr)
            failed = True
    return int(failed)
