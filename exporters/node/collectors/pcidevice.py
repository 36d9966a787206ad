"""PCI devices."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from exporters.files import entries, try_attribute, try_integer
from exporters.node.host import Host
from exporters.node.options import option
from exporters.node.registry import NoData, collectors
from exporters.pcinames import PciNames
from exporters.table import Table
from pharos.exposition import Metric

_LOCATION: Final = re.compile(r"([0-9a-f]{4}):([0-9a-f]{2}):([0-9a-f]{2})\.([0-9a-f])")
_PLACE: Final = ("segment", "bus", "device", "function")
_IDS: Final = {
    "class_id": "class",
    "vendor_id": "vendor",
    "device_id": "device",
    "subsystem_vendor_id": "subsystem_vendor",
    "subsystem_device_id": "subsystem_device",
    "revision": "revision",
}
_NUMBERS: Final = (
    ("max_link_width", "max_link_width", "Value of maximum link's width (number of lanes)", -1),
    ("current_link_width", "current_link_width", "Value of current link's width (number of lanes)", -1),
    ("d3cold_allowed", "d3cold_allowed", "Whether the PCIe device supports D3cold power state (0/1).", 0),
    (
        "sriov_drivers_autoprobe", "sriov_drivers_autoprobe",
        "Whether SR-IOV drivers autoprobe is enabled for the device (0/1).", 0,
    ),
    ("sriov_numvfs", "sriov_numvfs", "Number of Virtual Functions (VFs) currently enabled for SR-IOV.", 0),
    ("sriov_totalvfs", "sriov_totalvfs", "Total number of Virtual Functions (VFs) supported by the device.", 0),
    ("sriov_vf_total_msix", "sriov_vf_total_msix", "Total number of MSI-X vectors for Virtual Functions.", 0),
)  # fmt: skip
_SPEEDS: Final = {
    "max_link_speed": ("max_link_transfers_per_second", "Value of maximum link's transfers per second (T/s)"),
    "current_link_speed": ("current_link_transfers_per_second", "Value of current link's transfers per second (T/s)"),
}
_STATES: Final = ("D0", "D1", "D2", "D3hot", "D3cold", "unknown", "error")


@dataclass(frozen=True, slots=True)
class PcideviceOptions:
    """Whether names stand beside the numbers."""

    names: bool = option(False, "Enable PCI device name resolution (requires pci.ids file).")
    idsfile: str = option("", "Path to pci.ids file to use for PCI device identification.")


@collectors.register("pcidevice", default=False, options=PcideviceOptions)
class Pcidevice:
    """PCI devices information of /sys/bus/pci/devices."""

    def __init__(self, host: Host, options: PcideviceOptions) -> None:
        self._base = host.sys("bus/pci/devices")
        paths = [options.idsfile] if options.idsfile else [host.root(path) for path in PciNames.USUAL_PATHS]
        self._names = PciNames.load(paths) if options.names else None

    def __call__(self) -> Iterator[Metric]:
        devices = entries(self._base)
        if not devices:
            raise NoData("no PCI device")
        table = Table()
        for name in devices:
            match = _LOCATION.fullmatch(name)
            if match is not None:
                self._device(f"{self._base}/{name}", dict(zip(_PLACE, match.groups(), strict=True)), table)
        yield from table

    def _device(self, folder: str, labels: dict[str, str], table: Table) -> None:
        parent = _LOCATION.fullmatch(os.path.realpath(folder).rsplit("/", 2)[-2])
        above = parent.groups() if parent is not None else ("*",) * 4
        ids = {label: try_attribute(f"{folder}/{file}") or "" for label, file in _IDS.items()}
        info = labels | {f"parent_{key}": value for key, value in zip(_PLACE, above, strict=True)} | ids
        if self._names is not None:
            info |= self._names.labels(ids)
        text = "Non-numeric data from /sys/bus/pci/devices/<location>, value is always 1."
        table.gauge("node_pcidevice_info", text, 1, info)
        for file, (name, text) in _SPEEDS.items():
            speed = re.match(r"[\d.]+", try_attribute(f"{folder}/{file}") or "")
            table.gauge(f"node_pcidevice_{name}", text, float(speed[0]) * 1e9 if speed else -1, labels)
        for file, name, text, absent in _NUMBERS:
            value = try_integer(f"{folder}/{file}")
            table.gauge(f"node_pcidevice_{name}", text, absent if value is None else value, labels)
        node = try_integer(f"{folder}/numa_node")
        if node is not None and node >= 0:
            text = "NUMA node number for the PCI device. -1 indicates unknown or not available."
            table.gauge("node_pcidevice_numa_node", text, node, labels)
        current = try_attribute(f"{folder}/power_state")
        for state in _STATES if current else ():
            text = "PCIe device power state, one of: D0, D1, D2, D3hot, D3cold, unknown or error."
            table.gauge("node_pcidevice_power_state", text, int(state == current), {**labels, "state": state})
