"""Hardware sensors: temperatures, fans, voltages, power."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from exporters.files import entries, try_attribute
from exporters.node.host import Host
from exporters.node.options import Filter, check_pattern, option
from exporters.node.registry import NoData, collectors
from exporters.table import Table
from pharos.exposition import Metric

_FILE: Final = re.compile(r"(?P<type>[^0-9]+)(?P<id>[0-9]*)?(_(?P<property>.+))?")
_TYPES: Final = frozenset((
    "vrm", "beep_enable", "update_interval", "in", "cpu", "fan", "pwm", "temp", "curr", "power", "energy", "humidity",
    "intrusion", "freq",
))  # fmt: skip
_INTERVALS: Final = ("average_interval", "average_interval_min", "average_interval_max")


@dataclass(frozen=True, slots=True)
class HwmonOptions:
    """Which chips and sensors; a sensor is named `chip;sensor`."""

    chip_include: str = option("", "Regexp of hwmon chips to include (instead of chip-exclude).")
    chip_exclude: str = option("", "Regexp of hwmon chips to exclude.")
    sensor_include: str = option("", "Regexp of hwmon sensors to include (instead of sensor-exclude).")
    sensor_exclude: str = option("", "Regexp of hwmon sensors to exclude.")

    def __post_init__(self) -> None:
        check_pattern(self, "chip_include", "chip_exclude", "sensor_include", "sensor_exclude")


@collectors.register("hwmon", options=HwmonOptions)
class Hwmon:
    """Hardware monitoring and sensor data of /sys/class/hwmon."""

    def __init__(self, host: Host, options: HwmonOptions) -> None:
        self._base = host.sys("class/hwmon")
        self._chips = Filter(options.chip_include, options.chip_exclude)
        self._sensors = Filter(options.sensor_include, options.sensor_exclude)

    def __call__(self) -> Iterator[Metric]:
        folders = [f"{self._base}/{name}" for name in entries(self._base)]
        if not folders:
            raise NoData("no /sys/class/hwmon")
        table = Table()
        for folder, chip in chip_names([folder for folder in folders if os.path.isdir(folder)]):
            if self._chips.allows(chip):
                self._chip(folder, chip, table)
        yield from table

    def _chip(self, folder: str, chip: str, table: Table) -> None:
        sensors: dict[str, dict[str, str]] = {}
        _read(folder, sensors)
        if os.path.exists(f"{folder}/device"):
            _read(f"{folder}/device", sensors)
        shown = clean(try_attribute(f"{folder}/name") or "")
        if shown:
            labels = {"chip": chip, "chip_name": shown}
            table.gauge("node_hwmon_chip_names", "Annotation metric for human-readable chip names", 1, labels)
        for sensor, properties in sensors.items():
            if self._sensors.allows(f"{chip};{sensor}"):
                _sensor(chip, sensor, properties, table)


def chip_names(folders: list[str]) -> list[tuple[str, str]]:
    """A stable name for each chip: its device's path, its name file, or the folder's. Equal ones are told apart by name or folder."""
    base = {folder: _base_name(folder) for folder in folders}
    files = {folder: clean(try_attribute(f"{folder}/name") or "") for folder in folders}
    same_base = Counter(base.values())
    same_both = Counter((base[folder], files[folder]) for folder in folders)
    out = []
    for folder in folders:
        name = base[folder]
        if same_base[name] > 1:
            alone = files[folder] and same_both[name, files[folder]] == 1
            name = f"{name}_{files[folder] if alone else clean(os.path.basename(folder))}"
        out.append((folder, name))
    return out


def _base_name(folder: str) -> str:
    if os.path.exists(f"{folder}/device"):
        above, _, name = os.path.realpath(f"{folder}/device").rpartition("/")
        parts = [clean(above.rpartition("/")[2]), clean(name)]
        if parts[1]:
            return "_".join(filter(None, parts))
    return clean(try_attribute(f"{folder}/name") or "") or clean(os.path.basename(os.path.realpath(folder)))


def clean(name: str) -> str:
    """A name as part of a metric: lower case, other characters become underscores."""
    return re.sub("[^a-z0-9:_]", "_", name.lower()).strip("_")


def _read(folder: str, sensors: dict[str, dict[str, str]]) -> None:
    for file in entries(folder):
        match = _FILE.fullmatch(file)
        if match is None or match["type"] not in _TYPES or not os.path.isfile(f"{folder}/{file}"):
            continue
        value = try_attribute(f"{folder}/{file}")
        if value is not None:
            sensors.setdefault(f"{match['type']}{int(match['id'] or 0)}", {})[match["property"] or ""] = value


def _sensor(chip: str, sensor: str, properties: dict[str, str], table: Table) -> None:
    labels = {"chip": chip, "sensor": sensor}
    if "label" in properties:
        text = "Label for given chip and sensor"
        table.gauge("node_hwmon_sensor_label", text, 1, {**labels, "label": properties["label"]})
    kind = sensor.rstrip("0123456789")
    own = _number(properties.get("", ""))
    if kind == "beep_enable":
        table.gauge("node_hwmon_beep_enabled", "Hardware beep enabled", int(own == 1), labels)
    elif kind == "vrm":
        table.gauge("node_hwmon_voltage_regulator_version", "Hardware voltage regulator", own, labels)
    elif kind == "update_interval":
        shown = None if own is None else own / 1000
        table.gauge("node_hwmon_update_interval_seconds", "Hardware monitor update interval", shown, labels)
    else:
        for element, raw in properties.items():
            value = _number(raw)
            if element != "label" and value is not None:
                _element(kind, element, value, properties, labels, table)


def _element(
    kind: str, element: str, value: float, properties: dict[str, str], labels: dict[str, str], table: Table
) -> None:
    name = f"node_hwmon_{kind}"
    if element == "input":
        name += "_input" if "" in properties else ""
    elif element:
        name += f"_{clean(element)}"
    if kind == "energy":
        table.counter(
            f"{name}_joule_total", f"Hardware monitor for joules used so far ({element})", value / 1e6, labels
        )
        return
    if kind == "freq" and element == "input":
        if "label" in properties:
            where = {**labels, "sensor": clean(properties["label"])}
            table.gauge(f"{name}_freq_mhz", "Hardware monitor for GPU frequency in MHz", value / 1e6, where)
        return
    suffix, text, divisor = unit(kind, element)
    table.gauge(f"{name}{suffix}", text, value / divisor, labels)


def unit(kind: str, element: str) -> tuple[str, str, float]:
    """Suffix of the name, help and divisor of an element of a sensor."""
    if element in ("fault", "alarm"):
        return "", f"Hardware sensor {element} status ({kind})", 1
    if element == "beep":
        return "_enabled", "Hardware monitor sensor has beeping enabled", 1
    if kind in ("in", "cpu"):
        return "_volts", f"Hardware monitor for voltage ({element})", 1000
    if kind == "temp" and element != "type":
        return "_celsius", f"Hardware monitor for temperature ({element or 'input'})", 1000
    if kind == "curr":
        return "_amps", f"Hardware monitor for current ({element})", 1000
    if kind == "power":
        return _power(element)
    if kind == "humidity":
        text = "Hardware monitor for humidity, as a ratio (multiply with 100.0 to get the humidity as a percentage)"
        return "", f"{text} ({element})", 1e6
    if kind == "fan" and element in ("input", "min", "max", "target"):
        return "_rpm", f"Hardware monitor for fan revolutions per minute ({element})", 1
    return "", f"Hardware monitor {kind} element {element}", 1


def _power(element: str) -> tuple[str, str, float]:
    if element == "accuracy":
        return "", "Hardware monitor power meter accuracy, as a ratio", 1e6
    if element in _INTERVALS:
        return "_seconds", f"Hardware monitor power usage update interval ({element})", 1000
    return "_watt", f"Hardware monitor for power usage in watts ({element})", 1e6


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
