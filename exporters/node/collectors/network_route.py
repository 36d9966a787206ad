"""The routing table."""

import ipaddress
import socket
import struct
from collections import Counter
from collections.abc import Iterator
from typing import Final

from exporters.netlink import RTM_GETROUTE, attributes, dump
from exporters.node.host import Host
from exporters.node.registry import collectors
from pharos.exposition import Metric, gauge

# struct rtmsg: family, lengths of destination and source, tos, table, protocol, scope, type, flags (linux/rtnetlink.h).
_RTMSG: Final = struct.Struct("=BBBBBBBBI")
_UNICAST: Final = 1
_DST, _OIF, _GATEWAY, _PRIORITY, _PREFSRC, _MULTIPATH = 1, 4, 5, 6, 7, 9
_PROTOCOLS: Final = {
    0: "unspec", 1: "redirect", 2: "kernel", 3: "boot", 4: "static", 8: "gated", 9: "ra", 10: "mrt", 11: "zebra",
    12: "bird", 13: "dnrouted", 14: "xorp", 15: "ntk", 16: "dhcp", 17: "mrouted", 42: "babel", 186: "bgp", 187: "isis",
    188: "ospf", 189: "rip", 192: "eigrp",
}  # fmt: skip


@collectors.register("network_route", default=False)
def network_route(_: Host) -> Iterator[Metric]:
    """The routing table as metrics."""
    info = gauge("node_network_route_info", "network routing table information")
    counts: Counter[str] = Counter()
    names = dict(socket.if_nameindex())
    for body in dump(RTM_GETROUTE, _RTMSG.pack(0, 0, 0, 0, 0, 0, 0, 0, 0)):
        _, length, _, _, _, protocol, _, kind, _ = _RTMSG.unpack_from(body)
        if kind != _UNICAST:
            continue
        found = attributes(body, _RTMSG.size)
        labels = {
            "src": _address(found.get(_PREFSRC)),
            "dest": f"{_address(found.get(_DST))}/{length}" if length else "default",
            "priority": str(struct.unpack("=I", found[_PRIORITY])[0]) if _PRIORITY in found else "0",
            "proto": _PROTOCOLS.get(protocol, "unknown"),
        }
        for device, gateway, weight in _hops(found):
            name = names.get(device, "")
            info.add(1, {"device": name, **labels, "gw": gateway, "weight": weight})
            counts[name] += 1
    yield info
    routes = gauge("node_network_routes", "network routes by interface")
    for name, count in counts.items():
        routes.add(count, {"device": name})
    yield routes


def _hops(found: dict[int, bytes]) -> Iterator[tuple[int, str, str]]:
    """Device, gateway and weight of each next hop; `struct rtnexthop` is length, flags, weight less one, device."""
    if _MULTIPATH not in found:
        device = struct.unpack("=I", found[_OIF])[0] if _OIF in found else 0
        yield device, _address(found.get(_GATEWAY)), ""
        return
    hops, at = found[_MULTIPATH], 0
    while at + 8 <= len(hops):
        length, _, weight, device = struct.unpack_from("=HBBi", hops, at)
        inner = attributes(hops[at : at + length], 8)
        yield device, _address(inner.get(_GATEWAY)), str(weight + 1)
        at += max(8, (length + 3) & ~3)


def _address(raw: bytes | None) -> str:
    return str(ipaddress.ip_address(raw)) if raw else ""
