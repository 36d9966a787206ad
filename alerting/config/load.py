"""From the file to a checked `Config`: names resolve, templates parse, every receiver can be built."""

import dataclasses
import glob
import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from alerting.config.globals import GlobalConfig
from alerting.config.routing import InhibitRuleConfig, RouteConfig
from alerting.config.shown import masked_text
from alerting.intervals import NamedInterval
from alerting.notifiers.registry import notifiers
from pharos.config import ConfigError, FieldError, load
from pharos.http.client_options import HttpClientConfig

# Receivers of Alertmanager that Pharos does not have; naming them is an error that says so.
_NOT_HERE = (
    "incidentio",
    "jira",
    "mattermost",
    "opsgenie",
    "pushover",
    "rocketchat",
    "sns",
    "victorops",
    "webex",
    "wechat",
)


class NotSupported:
    """A receiver kind that cannot be used."""

    @classmethod
    def from_config(cls, _: Any) -> "NotSupported":
        known = ", ".join(f"{plugin.name}_configs" for plugin in notifiers)
        raise ValueError(f"this kind of receiver is not supported; supported are {known}")


@dataclass(frozen=True, slots=True)
class Config:
    """The whole file. `receivers` are instances of a class made of the registered notifiers, see `receiver_class`."""

    route: RouteConfig
    receivers: tuple[Any, ...] = ()
    globals: GlobalConfig = field(default_factory=GlobalConfig, metadata={"key": "global"})
    inhibit_rules: tuple[InhibitRuleConfig, ...] = ()
    time_intervals: tuple[NamedInterval, ...] = ()
    mute_time_intervals: tuple[NamedInterval, ...] = ()
    templates: tuple[str, ...] = ()
    tracing: Any = None
    event_recorder: Any = None
    original: str = field(default="", metadata={"hidden": True})
    folder: Path = field(default=Path(), metadata={"hidden": True})

    def __post_init__(self) -> None:
        _check_root(self.route)
        names = [receiver.name for receiver in self.receivers]
        for name in names:
            if names.count(name) > 1:
                raise FieldError("receivers", f"notification config name {name!r} is not unique")
        intervals = [interval.name for interval in (*self.time_intervals, *self.mute_time_intervals)]
        for name in intervals:
            if not name:
                raise FieldError("time_intervals", "missing name in time interval")
            if intervals.count(name) > 1:
                raise FieldError("time_intervals", f"time interval {name!r} is not unique")
        _check_names(self.route, set(names), set(intervals))

    @property
    def http(self) -> HttpClientConfig:
        """HTTP options of receivers without their own."""
        return self.globals.http_config or HttpClientConfig()

    def template_texts(self) -> Iterator[tuple[str, str]]:
        """Name and text of each template file. Raises `ConfigError`."""
        for pattern in self.templates:
            for path in sorted(glob.glob(str(self.folder / pattern))):
                try:
                    yield path, Path(path).read_text()
                except (OSError, UnicodeDecodeError) as error:
                    raise ConfigError(f"templates: cannot read {path}: {error}") from error


def load_config(path: str | Path) -> Config:
    """Read and check the file. Raises `ConfigError`."""
    import alerting.notifiers

    alerting.notifiers.load()
    config: Config = load(_config_class(), path)
    shown = masked_text(Path(path).read_text(), config)
    return dataclasses.replace(config, original=shown, folder=Path(path).parent)


def _check_root(route: RouteConfig) -> None:
    if not route.receiver:
        raise FieldError("route", "root route must specify a default receiver")
    if route.all_matchers():
        raise FieldError("route", "root route must not have any matchers")
    if route.mute_time_intervals or route.active_time_intervals:
        raise FieldError("route", "root route must not have any mute or active time intervals")
    if route.keep_going:
        raise FieldError("route", "cannot have continue in root route")


def _check_names(route: RouteConfig, receivers: set[str], intervals: set[str]) -> None:
    if route.receiver and route.receiver not in receivers:
        raise FieldError("route", f"undefined receiver {route.receiver!r} used in route")
    for step in route.escalate or ():
        if step.receiver not in receivers:
            raise FieldError("route", f"undefined receiver {step.receiver!r} used in escalate")
    for name in (*route.mute_time_intervals, *route.active_time_intervals):
        if name not in intervals:
            raise FieldError("route", f"undefined time interval {name!r} used in route")
    for child in route.routes:
        _check_names(child, receivers, intervals)


def _many(kind: Any) -> Any:
    return types.GenericAlias(tuple, (kind, ...))


@lru_cache(maxsize=1)
def receiver_class() -> Any:
    """A dataclass with a name, labels and one list for each registered notifier (`webhook_configs`, ...)."""
    fields: list[Any] = [("name", str), ("labels", dict[str, str], field(default_factory=dict))]
    fields += [(f"{plugin.name}_configs", _many(plugin.facts["config"]), ()) for plugin in notifiers]
    fields += [(f"{kind}_configs", _many(NotSupported), ()) for kind in _NOT_HERE if kind not in notifiers]
    return dataclasses.make_dataclass("Receiver", fields, frozen=True, slots=True)


@lru_cache(maxsize=1)
def _config_class() -> Any:
    """`Config` with the receivers typed; `Binder` reads annotations."""
    receivers = (("receivers", _many(receiver_class()), ()),)
    return dataclasses.make_dataclass("Config", receivers, bases=(Config,), frozen=True, slots=True)
