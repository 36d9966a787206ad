"""Entry point of the `pharos` command: finds the sub-command and hands the rest of the line to it."""

import difflib
import os
import shutil
import sys
import textwrap
from collections.abc import Callable
from importlib import import_module
from typing import Final

from pharos import __version__
from pharos.cli.parts import PARTS, serve

# Command -> (`module` or `module:function` of `main(arguments) -> exit code`, summary).
TOOLS: Final[dict[str, tuple[str, str]]] = {
    "up": ("pharos.up.command", "the whole stack on this machine, one supervised process each"),
    "check": ("pharos.cli.check", "check a configuration, rules, metrics, a server"),
    "test": ("collector.cli.test", "run unit tests of rules"),
    "query": ("collector.cli.query", "ask a server: instant, range, series, labels, analyze"),
    "rules": ("collector.cli.rules", "try rules out on stored history"),
    "promql": ("collector.cli.promql", "print and change expressions"),
    "push": ("collector.cli.push", "send metrics to a server by remote write"),
    "tsdb": ("collector.cli.tsdb", "look into a data folder, or fill one"),
    "import": ("collector.storage.cli:main_import", "copy history into a data folder: OpenMetrics, Prometheus"),
    "export": ("collector.storage.cli:main_export", "write samples of a data folder: OpenMetrics, CSV, Parquet"),
    "debug": ("collector.cli.debug", "fetch what a server says about itself"),
}


def main(argv: list[str] | None = None) -> int:
    """Run the command line. Returns the exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(usage())
        return 0
    while arguments[0] == "--experimental" and len(arguments) > 1:  # promtool wants it; nothing here needs it
        arguments = arguments[1:]
    command, rest = arguments[0], arguments[1:]
    if command in ("version", "--version"):
        print(f"pharos, version {__version__}")
        return 0
    if command in TOOLS:
        module, _, function = TOOLS[command][0].partition(":")
        return _run(getattr(import_module(module), function or "main"), rest)
    if command in {part.command for part in PARTS}:
        return serve(command, rest)
    known = [*TOOLS, *(part.command for part in PARTS)]
    near = difflib.get_close_matches(command, known, n=1)
    print(
        f"pharos: unknown command {command!r}" + (f", did you mean {near[0]!r}?" if near else ", see pharos --help"),
        file=sys.stderr,
    )
    return 1


def _run(tool: Callable[[list[str]], int], arguments: list[str]) -> int:
    """Run a command; whoever read its output may leave early (`| head`)."""
    try:
        code = tool(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


def usage(width: int | None = None) -> str:
    """The list of commands, wrapped to the terminal."""
    width = width or shutil.get_terminal_size((100, 24)).columns
    rows = [(name, summary) for name, (_, summary) in TOOLS.items()]
    servers = [(part.command, f"{part.summary}, port {part.port}") for part in PARTS]
    lines = ["usage: pharos COMMAND [flags]     (pharos COMMAND --help tells more)", ""]
    for title, table in (("Commands", rows), ("Servers", servers)):
        entries = (textwrap.fill(f"  {name:<20}{told}", width, subsequent_indent=" " * 22) for name, told in table)
        lines += [f"{title}:", *entries, ""]
    return "\n".join(lines).rstrip()


if __name__ == "__main__":
    sys.exit(main())
