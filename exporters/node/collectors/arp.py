"""Entries of the ARP table."""

import socket
import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from exporters.files import read_lines
from exporters.netlink import RTM_GETNEIGH, dump
from exporters.node.host import Host
from exporters.node.options import Filter, check_pattern, option
from exporters.node.registry import collectors
from pharos.exposition import Metric, gauge

_NDMSG: Final = struct.Struct("=BxxxiHBB")
_NUD_NOARP: Final = 0x40


@dataclass(frozen=True, slots=True)
class ArpOptions:
    """Which devices, and from where."""

    device_include: str = option("", "Regexp of arp devices to include (instead of device-exclude).")
    device_exclude: str = option("", "Regexp of arp devices to exclude.")
    netlink: bool = option(True, "Use netlink to gather stats instead of /proc/net/arp.")

    def __post_init__(self) -> None:
        check_pattern(self, "device_include", "device_exclude")


@collectors.register("arp", options=ArpOptions)
class Arp:
    """ARP statistics."""

    def __init__(self, host: Host, options: ArpOptions) -> None:
        self._host, self._netlink = host, options.netlink
        self._filter = Filter(options.device_include, options.device_exclude)

    def __call__(self) -> Iterator[Metric]:
        devices = _from_netlink() if self._netlink else _from_proc(self._host.proc("net/arp"))
        family = gauge("node_arp_entries", "ARP entries by device")
        for device, count in Counter(devices).items():
            if self._filter.allows(device):
                family.add(count, {"device": device})
        yield family


def _from_netlink() -> Iterator[str]:
    """The device of each neighbour; those without a hardware address are not in /proc/net/arp either."""
    names = dict(socket.if_nameindex())
    for body in dump(RTM_GETNEIGH, _NDMSG.pack(socket.AF_INET, 0, 0, 0, 0)):
        _, index, state, _, _ = _NDMSG.unpack_from(body)
        if not state & _NUD_NOARP and index in names:
            yield names[index]


def _from_proc(path: str) -> Iterator[str]:
    for line in read_lines(path)[1:]:
        yield line.split()[5]
