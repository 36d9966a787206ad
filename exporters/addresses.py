"""The addresses of the network interfaces, from rtnetlink."""

import ipaddress
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from exporters.netlink import RTM_GETADDR, attributes, dump

_IFADDRMSG: Final = struct.Struct("=BBBBI")
_IFA_ADDRESS, _IFA_LOCAL = 1, 2


@dataclass(frozen=True, slots=True)
class InterfaceAddress:
    """One address of one device; `netmask` is the length of the prefix."""

    device: str
    address: str
    netmask: int
    scope: str

    def labels(self) -> dict[str, str]:
        return {"device": self.device, "address": self.address, "netmask": str(self.netmask), "scope": self.scope}


def interface_addresses() -> Iterator[InterfaceAddress]:
    """All IPv4 and IPv6 addresses. Raises `OSError`."""
    names = dict(socket.if_nameindex())
    for body in dump(RTM_GETADDR, _IFADDRMSG.pack(0, 0, 0, 0, 0)):
        _, prefix, _, _, index = _IFADDRMSG.unpack_from(body)
        found = attributes(body, _IFADDRMSG.size)
        raw = found.get(_IFA_LOCAL, found.get(_IFA_ADDRESS))
        if raw is not None and index in names:
            address = ipaddress.ip_address(raw)
            yield InterfaceAddress(names[index], str(address), prefix, scope(address))


def scope(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    """How far an address reaches: `link-local` (loopback too), `global`, or nothing for the unspecified one."""
    if address.is_loopback or address.is_link_local:
        return "link-local"
    return "" if address.is_unspecified or address.is_multicast else "global"
