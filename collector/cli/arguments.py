"""Command lines in promtool's manner: a mistake ends with exit code 1 and one line."""

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line and exit code 1."""

    def __init__(self, prog: str, description: str = "", **options: object) -> None:
        super().__init__(prog=prog, description=description, allow_abbrev=False, **options)  # type: ignore[arg-type]

    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: error: {message}, try --help", file=sys.stderr)
        sys.exit(1)


def feature_names(given: Sequence[str]) -> frozenset[str]:
    """The names of `--enable-feature`, which may repeat and hold commas."""
    return frozenset(name.strip() for text in given for name in text.split(",") if name.strip())


def complain(text: str) -> None:
    """A line on stderr."""
    print(text, file=sys.stderr)
