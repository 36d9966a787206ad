"""Health of disks as their own electronics tell it (S.M.A.R.T.), by the program smartctl of smartmontools 7.

Asking a disk may wake it and takes its time: the answers are kept for some minutes, and a sleeping disk is left asleep.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from exporters.node.host import Host
from exporters.node.options import Filter, check_pattern, option
from exporters.node.registry import NoData, collectors
from exporters.table import Table
from pharos.durations import Duration
from pharos.exposition import Metric

_TIMEOUT_S: Final = 30.0
_NVME: Final = {
    "percentage_used": ("gauge", "nvme_used_ratio", 0.01, "Wear of an NVMe disk, 1 when its rated life is used up."),
    "available_spare": ("gauge", "nvme_spare_ratio", 0.01, "Spare capacity left of an NVMe disk."),
    "media_errors": ("counter", "nvme_media_errors_total", 1, "Errors of an NVMe disk that it could not correct."),
    "unsafe_shutdowns": ("counter", "nvme_unsafe_shutdowns_total", 1, "Times an NVMe disk lost its power unannounced."),
}


@dataclass(frozen=True, slots=True)
class SmartOptions:
    """Which disks, how often, and by what."""

    device_include: str = option("", "Regexp of disks to include (instead of device-exclude).")
    device_exclude: str = option(r"^/dev/(loop|ram|zram|dm-|md)", "Regexp of disks to exclude.")
    interval: Duration = option(Duration(300), "How long an answer is kept.")
    program: str = option("smartctl", "The program to ask.")

    def __post_init__(self) -> None:
        check_pattern(self, "device_include", "device_exclude")


@collectors.register("smart", default=False, options=SmartOptions)
class Smart:
    """Health, temperature, age and errors of disks from smartctl (not in node_exporter)."""

    def __init__(self, host: Host, options: SmartOptions) -> None:
        self._host, self._options = host, options
        self._filter = Filter(options.device_include, options.device_exclude)
        self._asked = float("-inf")
        self._metrics: list[Metric] = []

    def __call__(self) -> Iterator[Metric]:
        now = self._host.clock.monotonic()
        if now - self._asked >= self._options.interval:
            self._metrics = list(self._ask())
            self._asked = now
        yield from self._metrics

    def _ask(self) -> Iterator[Metric]:
        table = Table()
        for entry in self._run("--scan-open").get("devices", []):
            name, kind = entry["name"], entry.get("type", "auto")
            if self._filter.allows(name):
                answer = self._run(
                    "--info", "--health", "--attributes", "--nocheck=standby,0", f"--device={kind}", name
                )
                disk_metrics(os.path.basename(name), answer, table)
        yield from table

    def _run(self, *arguments: str) -> dict[str, Any]:
        """smartctl's exit code is a set of bits about the disk, not about the call: what counts is the JSON."""
        argv = [self._options.program, "--json", *arguments]
        try:
            done = subprocess.run(argv, stdout=subprocess.PIPE, timeout=_TIMEOUT_S, check=False)
        except FileNotFoundError as error:
            raise NoData(f"{self._options.program} is not installed") from error
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer


def disk_metrics(device: str, answer: dict[str, Any], table: Table) -> None:
    """The families of one disk."""
    labels = {"device": device}
    info = {
        "model": answer.get("model_name", ""),
        "serial": answer.get("serial_number", ""),
        "firmware": answer.get("firmware_version", ""),
    }
    if not info["model"]:
        return
    table.gauge("node_smart_device_info", "What a disk says about itself.", 1, labels | info)
    passed = answer.get("smart_status", {}).get("passed")
    shown = None if passed is None else int(passed)
    table.gauge("node_smart_healthy", "Whether a disk thinks that it is healthy.", shown, labels)
    temperature = answer.get("temperature", {}).get("current")
    table.gauge("node_smart_temperature_celsius", "Temperature of a disk.", temperature, labels)
    hours = answer.get("power_on_time", {}).get("hours")
    seconds = None if hours is None else hours * 3600
    table.counter("node_smart_power_on_seconds_total", "How long a disk has been running in its life.", seconds, labels)
    cycles = answer.get("power_cycle_count")
    table.counter("node_smart_power_cycles_total", "How often a disk was switched on.", cycles, labels)
    for attribute in answer.get("ata_smart_attributes", {}).get("table", []):
        where = {**labels, "attribute": attribute["name"].lower(), "id": str(attribute["id"])}
        text = "Raw value of an attribute of an ATA disk; what it means is up to the maker."
        table.gauge("node_smart_attribute_raw", text, attribute["raw"]["value"], where)
        text = "Normalised value of an attribute of an ATA disk, the higher the better."
        table.gauge("node_smart_attribute_value", text, attribute["value"], where)
        text = "Value of an attribute of an ATA disk below which it counts as failing."
        table.gauge("node_smart_attribute_threshold", text, attribute["thresh"], where)
    log = answer.get("nvme_smart_health_information_log", {})
    for key, (kind, name, factor, text) in _NVME.items():
        if key in log:
            add = table.gauge if kind == "gauge" else table.counter
            add(f"node_smart_{name}", text, log[key] * factor, labels)
