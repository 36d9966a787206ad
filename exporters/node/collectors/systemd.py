"""Units of systemd, asked over D-Bus."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from exporters.dbus import DBusError, SystemBus
from exporters.node.host import Host
from exporters.node.options import check_pattern, compile_pattern, option
from exporters.node.registry import collectors
from exporters.table import Table
from pharos.exposition import Metric

_NAME: Final = "org.freedesktop.systemd1"
_PATH: Final = "/org/freedesktop/systemd1"
_STATES: Final = ("active", "activating", "deactivating", "inactive", "failed")
_NO_LIMIT: Final = 2**64 - 1
_US: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class SystemdOptions:
    """Which units, and how much about them; the patterns must match a whole name."""

    unit_include: str = option(".+", "Regexp of systemd units to include.", aliases=("unit-whitelist",))
    unit_exclude: str = option(
        r".+\.(automount|device|mount|scope|slice)", "Regexp of systemd units to exclude.", aliases=("unit-blacklist",)
    )
    enable_task_metrics: bool = option(
        False, "Enables service unit tasks metrics unit_tasks_current and unit_tasks_max."
    )
    enable_restarts_metrics: bool = option(False, "Enables service unit metric service_restart_total.")
    enable_start_time_metrics: bool = option(False, "Enables service unit metric unit_start_time_seconds.")

    def __post_init__(self) -> None:
        check_pattern(self, "unit_include", "unit_exclude")


@dataclass(frozen=True, slots=True)
class _Unit:
    """A unit as ListUnits tells it."""

    name: str
    load_state: str
    active_state: str
    path: str

    @property
    def kind(self) -> str:
        return self.name.rpartition(".")[2]


@collectors.register("systemd", default=False, options=SystemdOptions)
class Systemd:
    """Service and system status of systemd."""

    def __init__(self, host: Host, options: SystemdOptions) -> None:
        self._socket, self._options = host.root("run/dbus/system_bus_socket"), options
        self._include = compile_pattern(f"^(?:{options.unit_include})$")
        self._exclude = compile_pattern(f"^(?:{options.unit_exclude})$")

    def __call__(self) -> Iterator[Metric]:
        table = Table()
        with SystemBus(self._socket) as bus:
            _manager(bus, table)
            listed = bus.call(_NAME, _PATH, f"{_NAME}.Manager", "ListUnits")[0]
            units = [_Unit(entry[0], entry[2], entry[3], entry[6]) for entry in listed]
            counts = Counter(unit.active_state for unit in units)
            for state in {**dict.fromkeys(_STATES), **counts}:
                table.gauge("node_systemd_units", "Summary of systemd unit states", counts[state], {"state": state})
            for unit in units:
                if unit.load_state == "loaded" and self._wanted(unit.name):
                    self._unit(bus, unit, table)
        yield from table

    def _wanted(self, name: str) -> bool:
        return self._include.search(name) is not None and self._exclude.search(name) is None

    def _unit(self, bus: SystemBus, unit: _Unit, table: Table) -> None:
        kind = ""
        if unit.kind in ("service", "mount"):
            kind = _property(bus, unit, unit.kind.capitalize(), "Type") or ""
        for state in _STATES:
            labels = {"name": unit.name, "state": state, "type": kind}
            table.gauge("node_systemd_unit_state", "Systemd unit", int(state == unit.active_state), labels)
        labels = {"name": unit.name}
        if self._options.enable_start_time_metrics:
            started = _property(bus, unit, "Unit", "ActiveEnterTimestamp") if unit.active_state == "active" else 0
            text = "Start time of the unit since unix epoch in seconds."
            table.gauge("node_systemd_unit_start_time_seconds", text, _seconds(started), labels)
        if unit.kind == "service":
            self._service(bus, unit, labels, table)
        elif unit.kind == "timer":
            last = _seconds(_property(bus, unit, "Timer", "LastTriggerUSec"))
            table.gauge("node_systemd_timer_last_trigger_seconds", "Seconds since epoch of last trigger.", last, labels)
        elif unit.kind == "socket":
            _socket(bus, unit, labels, table)

    def _service(self, bus: SystemBus, unit: _Unit, labels: dict[str, str], table: Table) -> None:
        if self._options.enable_restarts_metrics:
            text = "Service unit count of Restart triggers"
            restarts = _property(bus, unit, "Service", "NRestarts")
            table.counter("node_systemd_service_restart_total", text, restarts, labels)
        if self._options.enable_task_metrics:
            for name, key, text in (
                ("current", "TasksCurrent", "Current number of tasks per Systemd unit"),
                ("max", "TasksMax", "Maximum number of tasks per Systemd unit"),
            ):
                value = _property(bus, unit, "Service", key)
                shown = None if value == _NO_LIMIT else value
                table.gauge(f"node_systemd_unit_tasks_{name}", text, shown, labels)


def _manager(bus: SystemBus, table: Table) -> None:
    version = str(bus.get(_NAME, _PATH, f"{_NAME}.Manager", "Version"))
    number = re.search(r"[0-9]{3,}(\.[0-9]+)?", version)
    shown = float(number[0]) if number else 0
    table.gauge("node_systemd_version", "Detected systemd version", shown, {"version": version})
    technology = bus.get(_NAME, _PATH, f"{_NAME}.Manager", "Virtualization") or "none"
    labels = {"virtualization_type": technology}
    table.gauge("node_systemd_virtualization_info", "Detected virtualization technology", 1, labels)
    state = bus.get(_NAME, _PATH, f"{_NAME}.Manager", "SystemState")
    text = "Whether the system is operational (see 'systemctl is-system-running')"
    table.gauge("node_systemd_system_running", text, int(state == "running"), {})


def _socket(bus: SystemBus, unit: _Unit, labels: dict[str, str], table: Table) -> None:
    accepted = _property(bus, unit, "Socket", "NAccepted")
    text = "Total number of accepted socket connections"
    table.counter("node_systemd_socket_accepted_connections_total", text, accepted, labels)
    text = "Current number of socket connections"
    current = _property(bus, unit, "Socket", "NConnections")
    table.gauge("node_systemd_socket_current_connections", text, current, labels)
    refused = _property(bus, unit, "Socket", "NRefused")
    text = "Total number of refused socket connections"
    table.gauge("node_systemd_socket_refused_connections_total", text, refused, labels)


def _property(bus: SystemBus, unit: _Unit, interface: str, name: str) -> Any:
    """A property of a unit; None where this version of systemd or this unit has none."""
    try:
        return bus.get(_NAME, unit.path, f"{_NAME}.{interface}", name)
    except DBusError:
        return None


def _seconds(value_us: int | None) -> float | None:
    return None if value_us is None else value_us / _US
