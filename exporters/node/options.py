"""Options of collectors: one frozen dataclass each, from which flags (upstream's names) and the keys of the YAML file are made."""

import argparse
import dataclasses
import re
from typing import Any, Final, get_type_hints

from exporters.node.registry import options_class
from pharos.durations import Duration
from pharos.flags import Flags, dest, duration
from pharos.registry import Plugin

# `\pL`, `\z`, `\Q..\E`, `\C`, `\x{10FFFF}`, `[[:alpha:]]`, `(?U)`, and flags in the middle, which Python refuses.
_RE2_ONLY: Final = re.compile(r"\\[pPzQEC]|\\x\{|\[\[:|\(\?[a-zA-Z-]")


def option(default: Any, help: str, *, flag: str = "", aliases: tuple[str, ...] = ()) -> Any:  # noqa: A002
    """A field of an options class. `flag`: the part after `--collector.<name>.`, by default the field's name with dashes."""
    return dataclasses.field(default=default, metadata={"help": help, "flag": flag, "aliases": aliases})


def flag_name(plugin: Plugin[Any], field: "dataclasses.Field[Any]") -> str:
    """The flag of an option, without the leading dashes."""
    return (
        f"collector.{plugin.facts.get('flags', plugin.name)}.{field.metadata['flag'] or field.name.replace('_', '-')}"
    )


def add_option_flags(flags: Flags, plugin: Plugin[Any]) -> None:
    """Flags of one collector's options; what is not given on the command line is None."""
    kind = options_class(plugin)
    hints = get_type_hints(kind)
    for field in dataclasses.fields(kind):
        name = flag_name(plugin, field)
        text = f"{field.metadata['help']} (default {_shown(field.default)})"
        names = [name, *(f"collector.{plugin.name}.{alias}" for alias in field.metadata["aliases"])]
        for index, each in enumerate(names):
            more = _argparse_options(hints[field.name])
            shown = text if index == 0 else argparse.SUPPRESS
            flags.parser.add_argument(f"--{each}", dest=dest(name), help=shown.replace("%", "%%"), default=None, **more)


def options_from_flags(plugin: Plugin[Any], given: argparse.Namespace) -> dict[str, Any]:
    """The options that stand on the command line."""
    out: dict[str, Any] = {}
    for field in dataclasses.fields(options_class(plugin)):
        value = getattr(given, dest(flag_name(plugin, field)), None)
        if value is not None:
            out[field.name] = tuple(value) if isinstance(value, list) else value
    return out


def _argparse_options(kind: Any) -> dict[str, Any]:
    if kind is bool:
        return {"action": argparse.BooleanOptionalAction}
    if kind is int:
        return {"type": int, "metavar": "N"}
    if kind is Duration:
        return {"type": duration, "metavar": "DURATION"}
    if kind is str:
        return {"metavar": "TEXT"}
    return {"action": "append", "metavar": "TEXT"}


def _shown(default: Any) -> str:
    return repr(default) if isinstance(default, str) else str(default)


def compile_pattern(pattern: str) -> Any:
    """A pattern with `search`. Raises `ValueError`.

    What RE2 and Python write alike is left to `re`, which is there anyway; the rest goes to RE2, whose library costs 3 MB.
    """
    if not _RE2_ONLY.search(pattern):
        try:
            return re.compile(pattern)
        except re.error as error:
            raise ValueError(f"error parsing regexp: {error}: `{pattern}`") from error
    from pharos.regex import compile_re2

    return compile_re2(pattern)


class Filter:
    """Which names a collector looks at: an include and an exclude pattern (found anywhere in the name), either may be empty.

    When an include pattern is given it alone decides. Raises `ValueError` for a bad pattern.
    """

    def __init__(self, include: str = "", exclude: str = "") -> None:
        self._include = compile_pattern(include) if include else None
        self._exclude = compile_pattern(exclude) if exclude and not include else None
        self._known: dict[str, bool] = {}

    def allows(self, name: str) -> bool:
        known = self._known.get(name)
        if known is None:
            if len(self._known) > 10_000:
                self._known.clear()
            known = self._known[name] = self._decide(name)
        return known

    def _decide(self, name: str) -> bool:
        if self._include is not None:
            return self._include.search(name) is not None
        return self._exclude is None or self._exclude.search(name) is None


def check_pattern(options: Any, *names: str) -> None:
    """For `__post_init__`: blame the field whose pattern is bad."""
    from pharos.config import FieldError

    for name in names:
        try:
            if getattr(options, name):
                compile_pattern(getattr(options, name))
        except ValueError as error:
            raise FieldError(name, str(error)) from error
