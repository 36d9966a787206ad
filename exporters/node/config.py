"""The node exporter's settings: flags first, then the YAML file, then defaults.

collectors:
  systemd: {enabled: true, unit_include: "nginx.*", deadline: 2s}
  filesystem:
    mount_points_exclude: "^/(dev|proc|sys)($|/)"
"""

import argparse
import dataclasses
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from exporters.node.compatibility import PROFILES, Profile
from exporters.node.host import Roots
from exporters.node.options import add_option_flags, options_from_flags
from exporters.node.registry import collectors, options_class
from pharos.config import load
from pharos.durations import Duration
from pharos.flags import Flags, dest, duration
from pharos.registry import Plugin

DEFAULT_DEADLINE = Duration(0.9)


@dataclass(frozen=True, slots=True)
class Settings:
    """What runs: option objects of the enabled collectors by name, and how long each may take in seconds."""

    roots: Roots = field(default_factory=Roots)
    deadline_s: float = float(DEFAULT_DEADLINE)
    options: dict[str, Any] = field(default_factory=dict)
    deadlines_s: dict[str, float] = field(default_factory=dict)
    profile: Profile = PROFILES["newest"]


def add_collector_flags(flags: Flags) -> None:
    """`--collector.X`, `--no-collector.X` and the options of every known collector."""
    flags.add(
        "collector.disable-defaults",
        "Start with no collector; turn single ones on.",
        action=argparse.BooleanOptionalAction,
        default=None,
    )
    flags.add(
        "compatibility",
        "Write the page as an older node_exporter did: with its labels, its collectors and its defaults (default newest).",
        choices=tuple(PROFILES),
        default=None,
    )
    flags.add(
        "collector.deadline",
        f"Longest time a collector may take before the page goes without it (default {DEFAULT_DEADLINE}).",
        type=duration,
        metavar="DURATION",
        default=None,
    )
    for plugin in collectors:
        state = "on" if plugin.default else "off"
        flags.add(
            f"collector.{plugin.name}",
            f"{plugin.summary} (default {state})",
            action=argparse.BooleanOptionalAction,
            default=None,
        )
        add_option_flags(flags, plugin)


def settings(given: argparse.Namespace, file: str = "") -> Settings:
    """The settings of a command line and a configuration file. Raises `ConfigError`."""
    kind = config_class(tuple(plugin.name for plugin in collectors))
    config: Any = load(kind, file) if file else kind()
    disable = (
        given.collector_disable_defaults if given.collector_disable_defaults is not None else config.disable_defaults
    )
    profile = PROFILES[given.compatibility or config.compatibility]
    options: dict[str, Any] = {}
    deadlines: dict[str, float] = {}
    for plugin in collectors:
        entry = getattr(config.collectors, plugin.name)
        wanted = getattr(given, dest(f"collector.{plugin.name}"), None)
        usual = profile.collectors.get(plugin.name, plugin.default) and not disable
        enabled = next((choice for choice in (wanted, entry.enabled) if choice is not None), usual)
        if not enabled:
            continue
        values = _options(entry, plugin, profile) | options_from_flags(plugin, given)
        options[plugin.name] = options_class(plugin)(**values)
        if entry.deadline is not None:
            deadlines[plugin.name] = float(entry.deadline)
    deadline = given.collector_deadline if given.collector_deadline is not None else config.deadline
    return Settings(_roots(given, config.paths), float(deadline), options, deadlines, profile)


def _options(entry: Any, plugin: Plugin[Any], profile: Profile) -> dict[str, Any]:
    """The options a file gives; where it gives none, the profile's default goes before our own."""
    other = profile.options.get(plugin.name, {})
    fields = dataclasses.fields(options_class(plugin))
    given = {each.name: getattr(entry, each.name) for each in fields}
    return given | {
        each.name: other[each.name] for each in fields if each.name in other and given[each.name] == each.default
    }


def _roots(given: argparse.Namespace, paths: Roots) -> Roots:
    picked = {f.name: getattr(given, f"path_{f.name}") or getattr(paths, f.name) for f in dataclasses.fields(Roots)}
    return Roots(**{name: path.rstrip("/") or "/" for name, path in picked.items()})


@lru_cache(maxsize=2)
def config_class(names: tuple[str, ...]) -> type[Any]:
    """The class of the YAML file for these collectors."""
    entries = []
    for plugin in (collectors[name] for name in names):
        kind = options_class(plugin)
        entry = dataclasses.make_dataclass(
            f"{plugin.name}_settings",
            [("enabled", bool | None, None), ("deadline", Duration | None, None)],
            bases=(kind,),
            frozen=True,
        )
        entries.append((plugin.name, entry, dataclasses.field(default_factory=entry)))
    table = dataclasses.make_dataclass("Collectors", entries, frozen=True)
    return dataclasses.make_dataclass(
        "NodeExporterConfig",
        [
            ("collectors", table, dataclasses.field(default_factory=table)),
            ("paths", Roots, Roots()),
            ("deadline", Duration, DEFAULT_DEADLINE),
            ("disable_defaults", bool, False),
            ("compatibility", Literal[tuple(PROFILES)], "newest"),
        ],
        frozen=True,
    )
