"""Queue disciplines of the network devices."""

import json
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from exporters.files import read_bytes
from exporters.netlink import RTM_GETQDISC, attributes, dump, text
from exporters.node.host import Host
from exporters.node.options import Filter, check_pattern, option
from exporters.node.registry import collectors
from exporters.table import Table
from pharos.exposition import Metric, MetricType

_TCMSG: Final = struct.Struct("=BxxxiIII")
_KIND, _STATS2 = 1, 7
_BASIC, _QUEUE = 1, 3
# Key of a reading -> family, type, help.
_FAMILIES: Final[dict[str, tuple[str, MetricType, str]]] = {
    "Bytes": ("bytes_total", "counter", "Number of bytes sent."),
    "Packets": ("packets_total", "counter", "Number of packets sent."),
    "Drops": ("drops_total", "counter", "Number of packets dropped."),
    "Requeues": ("requeues_total", "counter", "Number of packets dequeued, not transmitted, and requeued."),
    "Overlimits": ("overlimits_total", "counter", "Number of overlimit packets."),
    "Qlen": ("current_queue_length", "gauge", "Number of packets currently in queue to be sent."),
    "Backlog": ("backlog", "gauge", "Number of bytes currently in queue to be sent."),
}


@dataclass(frozen=True, slots=True)
class QdiscOptions:
    """Which devices."""

    device_include: str = option("", "Regexp of qdisc devices to include (instead of device-exclude).")
    device_exclude: str = option("", "Regexp of qdisc devices to exclude.")
    fixtures: str = option("", "Folder with a results.json to read instead of asking the kernel, for tests.")

    def __post_init__(self) -> None:
        check_pattern(self, "device_include", "device_exclude")


@collectors.register("qdisc", default=False, options=QdiscOptions)
class Qdisc:
    """Queuing discipline statistics, the root ones."""

    def __init__(self, _: Host, options: QdiscOptions) -> None:
        self._fixtures = options.fixtures
        self._filter = Filter(options.device_include, options.device_exclude)

    def __call__(self) -> Iterator[Metric]:
        readings = _from_file(self._fixtures) if self._fixtures else _from_netlink()
        table = Table()
        for device, kind, figures in readings:
            if self._filter.allows(device):
                for key, (name, type_, help_text) in _FAMILIES.items():
                    labels = {"device": device, "kind": kind}
                    table.add(type_, f"node_qdisc_{name}", help_text, figures.get(key, 0), labels)
        yield from table


def _from_netlink() -> Iterator[tuple[str, str, dict[str, int]]]:
    names = dict(socket.if_nameindex())
    for body in dump(RTM_GETQDISC, _TCMSG.pack(0, 0, 0, 0, 0)):
        _, index, _, parent, _ = _TCMSG.unpack_from(body)
        found = attributes(body, _TCMSG.size)
        if parent != 0xFFFFFFFF or index not in names or _STATS2 not in found:
            continue  # only roots, as the figures of a root hold those of its children
        stats = attributes(found[_STATS2], 0)
        sent, packets = struct.unpack_from("=QI", stats[_BASIC])
        length, backlog, drops, requeues, overlimits = struct.unpack_from("=5I", stats[_QUEUE])
        figures = {
            "Bytes": sent,
            "Packets": packets,
            "Drops": drops,
            "Requeues": requeues,
            "Overlimits": overlimits,
            "Qlen": length,
            "Backlog": backlog,
        }
        yield names[index], text(found[_KIND]), figures


def _from_file(folder: str) -> Iterator[tuple[str, str, dict[str, int]]]:
    entries: list[dict[str, Any]] = json.loads(read_bytes(f"{folder.rstrip('/')}/results.json"))
    for entry in entries:
        yield entry["IfaceName"], entry["Kind"], entry
