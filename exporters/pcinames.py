"""Names of PCI devices from the pci.ids file that distributions ship.

8086  Intel Corporation
<tab>1521  I350 Gigabit Network Connection
<tab><tab>8086 00a3  Ethernet Network Adapter I350-T4
C 02  Network controller
<tab>00  Ethernet controller
"""

import re
from typing import Final, Self

from exporters.files import read_text

_VENDOR: Final = re.compile(r"([0-9a-f]{4})  (.+)")
_CLASS: Final = re.compile(r"C ([0-9a-f]{2})  (.+)")
_DEVICE: Final = re.compile(r"\t([0-9a-f]{4})  (.+)")
_SUBCLASS: Final = re.compile(r"\t([0-9a-f]{2})  (.+)")
_SUBSYSTEM: Final = re.compile(r"\t\t([0-9a-f]{4}) ([0-9a-f]{4})  (.+)")


class PciNames:
    """Names by number, numbers as hexadecimal text without `0x`, joined by a colon."""

    USUAL_PATHS: Final = ("usr/share/misc/pci.ids", "usr/share/hwdata/pci.ids")

    def __init__(self, text: str) -> None:
        self._vendors: dict[str, str] = {}
        self._devices: dict[str, str] = {}
        self._classes: dict[str, str] = {}
        vendor = device = group = ""
        for line in text.splitlines():
            if match := _VENDOR.fullmatch(line):
                vendor, group = match[1], ""
                self._vendors[vendor] = match[2]
            elif match := _CLASS.fullmatch(line):
                group, vendor = match[1], ""
                self._classes[group] = match[2]
            elif vendor and (match := _DEVICE.fullmatch(line)):
                device = match[1]
                self._devices[f"{vendor}:{device}"] = match[2]
            elif vendor and (match := _SUBSYSTEM.fullmatch(line)):
                self._devices[f"{vendor}:{device}:{match[1]}:{match[2]}"] = match[3]
            elif group and (match := _SUBCLASS.fullmatch(line)):
                self._classes[f"{group}{match[1]}"] = match[2]

    @classmethod
    def load(cls, paths: list[str]) -> Self:
        """The first file that can be read; no names when there is none."""
        for path in paths:
            try:
                return cls(read_text(path))
            except OSError:
                continue
        return cls("")

    def labels(self, ids: dict[str, str]) -> dict[str, str]:
        """The names that belong to the `*_id` labels; a number that has none stands for itself."""
        vendor, device, above, below, kind = (
            ids[key].removeprefix("0x")
            for key in ("vendor_id", "device_id", "subsystem_vendor_id", "subsystem_device_id", "class_id")
        )
        subsystem = self._devices.get(f"{vendor}:{device}:{above}:{below}", ids["subsystem_device_id"])
        return {
            "vendor_name": self._vendors.get(vendor, ids["vendor_id"]),
            "device_name": self._devices.get(f"{vendor}:{device}", ids["device_id"]),
            "subsystem_vendor_name": self._vendors.get(above, ids["subsystem_vendor_id"]),
            "subsystem_device_name": subsystem,
            "class_name": self._classes.get(kind[:4], self._classes.get(kind[:2], ids["class_id"])),
        }
