"""Traffic of the network devices, from rtnetlink or /proc/net/dev."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from exporters.files import read_lines, try_attribute
from exporters.netlink import RTM_GETLINK, attributes, dump, text
from exporters.node.host import Host
from exporters.node.options import Filter, check_pattern, option
from exporters.node.registry import collectors
from pharos.exposition import Metric, counter, gauge

_IFINFO: Final = struct.pack("=BxHiII", 0, 0, 0, 0, 0)
_IFLA_IFNAME, _IFLA_STATS64 = 3, 23
# struct rtnl_link_stats64 (linux/if_link.h), in the names the detailed metrics carry.
_STATS64: Final = (
    "receive_packets", "transmit_packets", "receive_bytes", "transmit_bytes", "receive_errors", "transmit_errors",
    "receive_dropped", "transmit_dropped", "multicast", "collisions", "receive_length_errors", "receive_over_errors",
    "receive_crc_errors", "receive_frame_errors", "receive_fifo_errors", "receive_missed_errors",
    "transmit_aborted_errors", "transmit_carrier_errors", "transmit_fifo_errors", "transmit_heartbeat_errors",
    "transmit_window_errors", "receive_compressed", "transmit_compressed", "receive_nohandler",
)  # fmt: skip
_PROC_COLUMNS: Final = (
    "receive_bytes", "receive_packets", "receive_errors", "receive_dropped", "receive_fifo", "receive_frame",
    "receive_compressed", "receive_multicast", "transmit_bytes", "transmit_packets", "transmit_errors",
    "transmit_dropped", "transmit_fifo", "transmit_colls", "transmit_carrier", "transmit_compressed",
)  # fmt: skip
# The classic name of a figure and the detailed ones it is the sum of (net/core/net-procfs.c of the kernel).
_CLASSIC: Final = {
    "receive_errs": ("receive_errors",),
    "receive_drop": ("receive_dropped", "receive_missed_errors"),
    "receive_fifo": ("receive_fifo_errors",),
    "receive_frame": ("receive_frame_errors", "receive_length_errors", "receive_over_errors", "receive_crc_errors"),
    "receive_multicast": ("multicast",),
    "transmit_errs": ("transmit_errors",),
    "transmit_drop": ("transmit_dropped",),
    "transmit_fifo": ("transmit_fifo_errors",),
    "transmit_colls": ("collisions",),
    "transmit_carrier": (
        "transmit_carrier_errors", "transmit_aborted_errors", "transmit_heartbeat_errors", "transmit_window_errors",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class NetdevOptions:
    """Which devices, and how much about them."""

    device_include: str = option(
        "", "Regexp of net devices to include (instead of device-exclude).", aliases=("device-whitelist",)
    )
    device_exclude: str = option("", "Regexp of net devices to exclude.", aliases=("device-blacklist",))
    netlink: bool = option(True, "Use netlink to gather stats instead of /proc/net/dev.")
    address_info: bool = option(False, "Collect address-info for every device.")
    enable_detailed_metrics: bool = option(False, "Use (incompatible) metric names with more detailed statistics.")
    label_ifalias: bool = option(False, "Add the label ifalias.")

    def __post_init__(self) -> None:
        check_pattern(self, "device_include", "device_exclude")


@collectors.register("netdev", options=NetdevOptions)
class Netdev:
    """Network interface statistics such as bytes transferred."""

    def __init__(self, host: Host, options: NetdevOptions) -> None:
        self._host, self._options = host, options
        self._filter = Filter(options.device_include, options.device_exclude)

    def __call__(self) -> Iterator[Metric]:
        source = _from_netlink() if self._options.netlink else _from_proc(self._host.proc("net/dev"))
        families: dict[str, Metric] = {}
        for device, figures in source:
            if not self._filter.allows(device):
                continue
            labels = {"device": device}
            if self._options.label_ifalias:
                labels["ifalias"] = try_attribute(self._host.sys(f"class/net/{device}/ifalias")) or ""
            shown = figures if self._options.enable_detailed_metrics else classic(figures)
            for key, value in shown.items():
                family = families.get(key)
                if family is None:
                    name = f"node_network_{key}_total"
                    family = families[key] = counter(name, f"Network device statistic {key}.")
                family.samples.append(("", labels, value, None))
        yield from families.values()
        if self._options.address_info:
            yield self._addresses()

    def _addresses(self) -> Metric:
        from exporters.addresses import interface_addresses

        info = gauge("node_network_address_info", "node network address by device")
        for address in interface_addresses():
            if self._filter.allows(address.device):
                info.add(1, address.labels())
        return info


def classic(figures: dict[str, int]) -> dict[str, int]:
    """Detailed figures under the names /proc/net/dev has always had."""
    rest = dict(figures)
    out: dict[str, int] = {}
    for name, parts in _CLASSIC.items():
        found = [rest.pop(part) for part in parts if part in rest]
        if found:
            out[name] = sum(found)
    return out | rest


def _from_netlink() -> Iterator[tuple[str, dict[str, int]]]:
    for body in dump(RTM_GETLINK, _IFINFO):
        found = attributes(body, 16, last=_IFLA_STATS64)
        stats = found.get(_IFLA_STATS64)
        if stats is not None:
            values = struct.unpack_from(f"={min(len(stats) // 8, len(_STATS64))}Q", stats)
            yield text(found[_IFLA_IFNAME]), dict(zip(_STATS64, values, strict=False))


def _from_proc(path: str) -> Iterator[tuple[str, dict[str, int]]]:
    for line in read_lines(path)[2:]:
        device, _, rest = line.rpartition(":")
        yield device.strip(), dict(zip(_PROC_COLUMNS, map(int, rest.split()), strict=False))
