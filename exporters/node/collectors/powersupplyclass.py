"""Batteries and mains adapters."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from exporters.files import entries, try_attribute, try_integer
from exporters.node.host import Host
from exporters.node.options import Filter, check_pattern, option
from exporters.node.registry import NoData, collectors
from exporters.table import Table
from pharos.exposition import Metric

# Files as they are, family where it is called otherwise.
_PLAIN: Final = {
    "authentic": "authentic",
    "calibrate": "calibrate",
    "capacity": "capacity",
    "capacity_alert_max": "capacity_alert_max",
    "capacity_alert_min": "capacity_alert_min",
    "cycle_count": "cyclecount",
    "online": "online",
    "present": "present",
    "time_to_empty_now": "time_to_empty_seconds",
    "time_to_full_now": "time_to_full_seconds",
}
# Files in millionths of volt, ampere, watt and their hours.
_MICRO: Final = {
    "current_now": "current_ampere",
    "energy_now": "energy_watthour",
    "voltage_now": "voltage_volt",
    "charge_now": "charge_ampere",
    "power_now": "power_watt",
} | {
    name: name
    for name in (
        "current_boot", "current_max", "energy_empty", "energy_empty_design", "energy_full", "energy_full_design",
        "voltage_boot", "voltage_max", "voltage_max_design", "voltage_min", "voltage_min_design", "voltage_ocv",
        "charge_control_limit", "charge_control_limit_max", "charge_counter", "charge_empty", "charge_empty_design",
        "charge_full", "charge_full_design", "charge_term_current", "constant_charge_current",
        "constant_charge_current_max", "constant_charge_voltage", "constant_charge_voltage_max", "precharge_current",
        "input_current_limit",
    )
}  # fmt: skip
# Files in tenths of a degree.
_TENTHS: Final = {
    name: f"{name}_celsius"
    for name in (
        "temp", "temp_alert_max", "temp_alert_min", "temp_ambient", "temp_ambient_max", "temp_ambient_min", "temp_max",
        "temp_min",
    )
}  # fmt: skip
_TEXTS: Final = (
    "capacity_level", "charge_type", "health", "manufacturer", "model_name", "serial_number", "status", "technology",
    "type", "usb_type", "scope",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PowerSupplyOptions:
    """Which supplies."""

    ignored_supplies: str = option("^$", "Regexp of power supplies to ignore.")

    def __post_init__(self) -> None:
        check_pattern(self, "ignored_supplies")


@collectors.register("powersupplyclass", options=PowerSupplyOptions, flags="powersupply")
class PowerSupplyClass:
    """Statistics of /sys/class/power_supply."""

    def __init__(self, host: Host, options: PowerSupplyOptions) -> None:
        self._base, self._filter = host.sys("class/power_supply"), Filter(exclude=options.ignored_supplies)

    def __call__(self) -> Iterator[Metric]:
        supplies = entries(self._base)
        if not supplies and not entries(self._base.rpartition("/")[0]):
            raise NoData("no /sys/class/power_supply")
        table = Table()
        for supply in supplies:
            if self._filter.allows(supply):
                self._supply(f"{self._base}/{supply}", supply, table)
        yield from table

    def _supply(self, folder: str, supply: str, table: Table) -> None:
        present = set(entries(folder))
        labels = {"power_supply": supply}
        for names, divisor in ((_PLAIN, 1), (_MICRO, 1e6), (_TENTHS, 10.0)):
            for file, name in names.items():
                value = try_integer(f"{folder}/{file}") if file in present else None
                text = f"{name} value of /sys/class/power_supply/<power_supply>."
                shown = None if value is None else value / divisor
                table.gauge(f"node_power_supply_{name}", text, shown, labels)
        texts = {file: try_attribute(f"{folder}/{file}") for file in _TEXTS if file in present}
        info = labels | {file: text for file, text in texts.items() if text}
        table.gauge("node_power_supply_info", "info of /sys/class/power_supply/<power_supply>.", 1, info)
