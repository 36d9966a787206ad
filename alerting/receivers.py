"""From the receivers of a configuration to destinations that can be sent to."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import alerting.config
from alerting.config import Config
from alerting.delivery.budget import Budget
from alerting.delivery.destination import Destination, Recorder, Spawn
from alerting.engine import Integration, Rules
from alerting.inhibit import Inhibitor
from alerting.notifiers.context import Context
from alerting.notifiers.errors import DeliveryError
from alerting.notifiers.registry import Notifier, notifiers
from alerting.route import build_tree
from alerting.templates.library import Library
from pharos.clock import Clock, SystemClock
from pharos.config import ConfigError
from pharos.gotemplate import TemplateError


@dataclass(frozen=True, slots=True)
class Blueprint:
    """Everything a configuration says, checked and built; nothing runs yet."""

    config: Config
    context: Context
    notifiers: dict[str, list[tuple[str, str, Any, Notifier]]]

    def rules(self, destinations: Mapping[str, Destination]) -> Rules:
        """What the engine works by."""
        config = self.config
        receivers = {
            name: [Integration(key, one.send_resolved, destinations[key]) for key, _, one, _ in built]
            for name, built in self.notifiers.items()
        }
        intervals = {one.name: one for one in (*config.time_intervals, *config.mute_time_intervals)}
        return Rules(build_tree(config.route), receivers, Inhibitor(config.inhibit_rules), intervals)

    def destinations(
        self, clock: Clock, spawn: Spawn, record: Recorder, budgets: dict[str, Budget]
    ) -> dict[str, Destination]:
        """A queue for each destination; those with the same robot share its budget, which also outlives a reload."""
        out = {}
        for receiver, built in self.notifiers.items():
            for key, kind, _, notifier in built:
                name = f"{kind} {notifier.robot}"
                budget = budgets.get(name)
                if budget is None or budget.limit != notifier.rate_limit:
                    budget = budgets[name] = Budget(notifier.rate_limit)
                out[key] = Destination(key, receiver, kind, notifier, budget, clock, spawn, record)
        return out


def load_config(path: str | Path) -> Blueprint:
    """Read a file, check it and build all it says, as `pharos check alerting` does. Raises `ConfigError`."""
    return plan(alerting.config.load_config(path), SystemClock())


def plan(config: Config, clock: Clock) -> Blueprint:
    """Build every notifier and parse every template. Raises `ConfigError`."""
    context = Context(Library(config.template_texts()), config.globals, clock)
    built: dict[str, list[tuple[str, str, Any, Notifier]]] = {}
    for receiver in config.receivers:
        built[receiver.name] = []
        for plugin in notifiers:
            for index, one in enumerate(getattr(receiver, f"{plugin.name}_configs")):
                where = f"receivers[{receiver.name}].{plugin.name}_configs[{index}]"
                _check_templates(context, one, where)
                try:
                    notifier = plugin.factory(one, context)
                except (ValueError, DeliveryError) as error:
                    raise ConfigError(f"{where}: {error}") from error
                built[receiver.name].append((f"{receiver.name}/{plugin.name}[{index}]", plugin.name, one, notifier))
    return Blueprint(config, context, built)


def _check_templates(context: Context, config: Any, where: str) -> None:
    for name in config.__dataclass_fields__:
        value = getattr(config, name)
        for text in [value] if isinstance(value, str) else value if isinstance(value, tuple) else ():
            if isinstance(text, str):
                try:
                    context.library.check(text)
                except TemplateError as error:
                    raise ConfigError(f"{where}.{name}: {error}") from error
