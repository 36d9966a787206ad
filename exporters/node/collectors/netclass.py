"""Properties of the network devices."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from exporters.files import attribute_in, entries, folder
from exporters.node.host import Host
from exporters.node.options import Filter, check_pattern, option
from exporters.node.registry import collectors
from exporters.table import Table
from pharos.exposition import Metric, MetricType

# Files of /sys/class/net/<iface>, families and types.
_FILES: Final[tuple[tuple[str, str, MetricType], ...]] = (
    ("addr_assign_type", "address_assign_type", "gauge"),
    ("carrier", "carrier", "gauge"),
    ("carrier_changes", "carrier_changes_total", "counter"),
    ("carrier_up_count", "carrier_up_changes_total", "counter"),
    ("carrier_down_count", "carrier_down_changes_total", "counter"),
    ("dev_id", "device_id", "gauge"),
    ("dormant", "dormant", "gauge"),
    ("flags", "flags", "gauge"),
    ("ifindex", "iface_id", "gauge"),
    ("iflink", "iface_link", "gauge"),
    ("link_mode", "iface_link_mode", "gauge"),
    ("mtu", "mtu_bytes", "gauge"),
    ("name_assign_type", "name_assign_type", "gauge"),
    ("netdev_group", "net_dev_group", "gauge"),
    ("tx_queue_len", "transmit_queue_length", "gauge"),
    ("type", "protocol_type", "gauge"),
)
_NUMBERS: Final = tuple(
    (file, f"node_network_{name}", f"Network device property: {name}", kind) for file, name, kind in _FILES
)
_TEXTS: Final = ("address", "broadcast", "duplex", "operstate", "ifalias")
_IFF_UP: Final = 1


@dataclass(frozen=True, slots=True)
class NetclassOptions:
    """Which devices."""

    ignored_devices: str = option("^$", "Regexp of net devices to ignore for netclass collector.")
    ignore_invalid_speed: bool = option(False, "Leave out the speed of devices that say -1.")
    netlink: bool = option(False, "Accepted for compatibility: the figures come from sysfs either way.")

    def __post_init__(self) -> None:
        check_pattern(self, "ignored_devices")


@collectors.register("netclass", options=NetclassOptions)
class Netclass:
    """Network interface info of /sys/class/net."""

    def __init__(self, host: Host, options: NetclassOptions) -> None:
        self._base = host.sys("class/net")
        self._filter = Filter(exclude=options.ignored_devices)
        self._invalid_speed = not options.ignore_invalid_speed

    def __call__(self) -> Iterator[Metric]:
        table = Table()
        for device in entries(self._base):
            if device == "bonding_masters" or not self._filter.allows(device):
                continue
            try:
                opened = folder(f"{self._base}/{device}")
            except FileNotFoundError:  # it has just gone
                continue
            try:
                self._device(opened, {"device": device}, table)
            finally:
                os.close(opened)
        yield from table

    def _device(self, opened: int, labels: dict[str, str], table: Table) -> None:
        texts = {file: attribute_in(opened, file) or "" for file in _TEXTS}
        up = int(texts["operstate"] == "up")
        table.gauge("node_network_up", "Value is 1 if operstate is 'up', 0 otherwise.", up, labels)
        flags = 0
        for file, name, text, kind in _NUMBERS:
            shown = attribute_in(opened, file)
            if shown is None:
                continue
            value = int(shown, 16) if shown.startswith("0x") else int(shown)
            flags = value if file == "flags" else flags
            table.add(kind, name, text, value, labels)
        self._speed(opened, labels, table)
        info = {**labels, **texts, "adminstate": "up" if flags & _IFF_UP else "down"}
        table.gauge("node_network_info", "Non-numeric data from /sys/class/net/<iface>, value is always 1.", 1, info)

    def _speed(self, opened: int, labels: dict[str, str], table: Table) -> None:
        speed = attribute_in(opened, "speed")
        if speed is not None and (int(speed) >= 0 or self._invalid_speed):
            megabit = int(speed) * 1_000_000
            table.gauge("node_network_speed_bytes", "Network device property: speed_bytes", megabit // 8, labels)
