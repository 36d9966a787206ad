"""Properties of the network devices, from /sys/class/net or by rtnetlink."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from exporters.files import entries, try_attribute
from exporters.links import Link, links
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
_SPEED: Final = "Network device property: speed_bytes"
_NOT_IN_NETLINK: Final = {"addr_assign_type", "dev_id", "name_assign_type"}
_IFF_UP: Final = 1


@dataclass(frozen=True, slots=True)
class NetclassOptions:
    """Which devices."""

    ignored_devices: str = option("^$", "Regexp of net devices to ignore for netclass collector.")
    ignore_invalid_speed: bool = option(False, "Leave out the speed of devices that say -1.")
    netlink: bool = option(False, "Use netlink to gather stats instead of /sys/class/net.")

    def __post_init__(self) -> None:
        check_pattern(self, "ignored_devices")


@collectors.register("netclass", options=NetclassOptions)
class Netclass:
    """Network interface info of /sys/class/net."""

    def __init__(self, host: Host, options: NetclassOptions) -> None:
        self._base = host.sys("class/net")
        self._filter = Filter(exclude=options.ignored_devices)
        self._netlink = options.netlink
        self._invalid_speed = not options.ignore_invalid_speed

    def __call__(self) -> Iterator[Metric]:
        yield from self._from_netlink() if self._netlink else self._from_sysfs()

    def _from_sysfs(self) -> Table:
        table = Table()
        for device in entries(self._base):
            if device == "bonding_masters" or not self._filter.allows(device):
                continue
            self._device(f"{self._base}/{device}", {"device": device}, table)
        return table

    def _from_netlink(self) -> Table:
        table = Table()
        for link in links():
            if self._filter.allows(link.name):
                self._link(link, {"device": link.name}, table)
        return table

    def _link(self, link: Link, labels: dict[str, str], table: Table) -> None:
        """A device of the dump; what the dump does not tell comes from its files."""
        base = f"{self._base}/{link.name}"
        up = int(link.texts["operstate"] == "up")
        table.gauge("node_network_up", "Value is 1 if operstate is 'up', 0 otherwise.", up, labels)
        for file, name, text, kind in _NUMBERS:
            value = link.numbers.get(file)
            if value is None:
                shown = try_attribute(f"{base}/{file}") if file in _NOT_IN_NETLINK else None
                value = int(shown, 0) if shown else None
            if value is not None:
                table.add(kind, name, text, value, labels)
        speed = try_attribute(f"{base}/speed")
        if speed is not None and int(speed) >= 0:
            table.gauge("node_network_speed_bytes", _SPEED, int(speed) * 1_000_000 // 8, labels)
        duplex = (try_attribute(f"{base}/duplex") or "").capitalize()  # as ethtool writes it, and node_exporter here
        info = {**labels, **link.texts, "duplex": duplex}
        table.gauge("node_network_info", "Non-numeric data of <iface>, value is always 1.", 1, info)
        for name in link.other_names:
            names = {"altname": name, **labels}
            table.gauge(
                "node_network_altnames_info", "Non-numeric data of <iface> altname, value is always 1.", 1, names
            )

    def _device(self, folder: str, labels: dict[str, str], table: Table) -> None:
        texts = {file: try_attribute(f"{folder}/{file}") or "" for file in _TEXTS}
        up = int(texts["operstate"] == "up")
        table.gauge("node_network_up", "Value is 1 if operstate is 'up', 0 otherwise.", up, labels)
        flags = 0
        for file, name, text, kind in _NUMBERS:
            shown = try_attribute(f"{folder}/{file}")
            if shown is None:
                continue
            value = int(shown, 16) if shown.startswith("0x") else int(shown)
            flags = value if file == "flags" else flags
            table.add(kind, name, text, value, labels)
        self._speed(folder, labels, table)
        info = {**labels, **texts, "adminstate": "up" if flags & _IFF_UP else "down"}
        table.gauge("node_network_info", "Non-numeric data from /sys/class/net/<iface>, value is always 1.", 1, info)

    def _speed(self, folder: str, labels: dict[str, str], table: Table) -> None:
        speed = try_attribute(f"{folder}/speed")
        if speed is not None and (int(speed) >= 0 or self._invalid_speed):
            megabit = int(speed) * 1_000_000
            table.gauge("node_network_speed_bytes", _SPEED, megabit // 8, labels)
