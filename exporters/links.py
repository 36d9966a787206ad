"""Network devices as one rtnetlink dump tells them, under the names their files have in /sys/class/net.

Attributes: `IFLA_*` of linux/if_link.h behind `struct ifinfomsg` (family, type, index, flags, change). One question for all devices
takes the kernel's network lock once, where most files of sysfs take it each.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from exporters.netlink import RTM_GETLINK, attributes, dump, text

_INFO: Final = struct.Struct("=BxHiII")
_REQUEST: Final = _INFO.pack(0, 0, 0, 0, 0)
_ADDRESS, _BROADCAST, _IFNAME, _LINK, _OPERSTATE, _LINKMODE, _IFALIAS = 1, 2, 3, 5, 16, 17, 20
_PROP_LIST, _ALT_IFNAME = 52, 53
# linux/if.h, IF_OPER_*.
_OPERSTATES: Final = ("unknown", "notpresent", "down", "lowerlayerdown", "testing", "dormant", "up")
_NUMBERS: Final = {
    4: "mtu", 13: "tx_queue_len", 17: "link_mode", 27: "netdev_group", 33: "carrier", 35: "carrier_changes",
    47: "carrier_up_count", 48: "carrier_down_count",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Link:
    """A device: numbers and texts by the names of their files, other names it goes by."""

    name: str
    numbers: dict[str, int]
    texts: dict[str, str]
    other_names: tuple[str, ...]


def links() -> Iterator[Link]:
    """All devices of this network namespace. Raises `OSError`."""
    return map(parse_link, dump(RTM_GETLINK, _REQUEST))


def parse_link(body: bytes) -> Link:
    """A device from one message of the dump."""
    _, kind, index, flags, _ = _INFO.unpack_from(body)
    found = attributes(body, _INFO.size)
    numbers = {name: int.from_bytes(found[key], "little") for key, name in _NUMBERS.items() if key in found}
    # The kernel leaves IFLA_LINK out where a device is linked to itself.
    linked = int.from_bytes(found[_LINK], "little") if _LINK in found else 0
    numbers |= {"type": kind, "ifindex": index, "flags": flags, "iflink": linked or index}
    if _LINKMODE in found:
        numbers["dormant"] = numbers[
            "link_mode"
        ]  # a waiting device is told by its link mode; node_exporter does likewise
    state = found.get(_OPERSTATE, b"\0")[0]
    texts = {
        "address": found.get(_ADDRESS, b"").hex(":"),
        "broadcast": found.get(_BROADCAST, b"").hex(":"),
        "operstate": _OPERSTATES[state] if state < len(_OPERSTATES) else _OPERSTATES[0],
        "ifalias": text(found.get(_IFALIAS, b"")),
    }
    return Link(text(found.get(_IFNAME, b"")), numbers, texts, tuple(_other_names(found.get(_PROP_LIST, b""))))


def _other_names(payload: bytes) -> Iterator[str]:
    at = 0
    while at + 4 <= len(payload):
        length, kind = struct.unpack_from("=HH", payload, at)
        if length < 4:
            return
        if kind & 0x3FFF == _ALT_IFNAME:
            yield text(payload[at + 4 : at + length])
        at += (length + 3) & ~3
