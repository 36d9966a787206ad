"""Command-line flags with upstream's names: `--web.listen-address`, `--storage.tsdb.path`, `--no-collector.cpu`."""

import argparse
from collections.abc import Callable
from typing import Any

from pharos.durations import Duration
from pharos.http.options import WebOptions
from pharos.logs import FORMATS, LEVELS
from pharos.sizes import Size


def parsed(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """An argparse type that shows the parser's own message."""

    def convert(text: str) -> Any:
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{text!r}: {error}") from error

    return convert


duration = parsed(Duration.parse)
size = parsed(Size.parse)


class Flags:
    """Adds flags to a parser; `--a.b-c` is stored as `a_b_c`."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self.parser = parser

    def add(self, name: str, help: str, **options: Any) -> None:  # noqa: A002
        self.parser.add_argument(f"--{name}", dest=dest(name), help=help.replace("%", "%%"), **options)

    def switch(self, name: str, help: str, *, default: bool = False) -> None:  # noqa: A002
        """`--name` and `--no-name`."""
        group = self.parser.add_mutually_exclusive_group()
        group.add_argument(
            f"--{name}", dest=dest(name), action="store_true", default=default, help=help.replace("%", "%%")
        )
        group.add_argument(f"--no-{name}", dest=dest(name), action="store_false", help=argparse.SUPPRESS)

    def web(self, address: str) -> None:
        """The flags every server has."""
        self.add(
            "web.listen-address", f"Address to listen on (default {address}).", default=address, metavar="HOST:PORT"
        )
        self.add(
            "web.config.file",
            "File with TLS and basic authentication, as in Prometheus's exporters.",
            default="",
            metavar="FILE",
        )
        self.add("log.level", "Only log messages of this severity or above.", default="info", choices=LEVELS)
        self.add("log.format", "How log lines are written.", default="logfmt", choices=FORMATS)


def dest(name: str) -> str:
    """The attribute under which a flag's value is found."""
    return name.replace(".", "_").replace("-", "_")


def web_options(options: argparse.Namespace, **more: Any) -> WebOptions:
    """`WebOptions` from the flags of `Flags.web`."""
    return WebOptions(options.web_listen_address, options.web_config_file, **more)
