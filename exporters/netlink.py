"""A little rtnetlink: dumps of links, neighbours, routes and queue disciplines from the kernel.

A netlink message is `u32 length, u16 type, u16 flags, u32 sequence, u32 port`, then a fixed struct of its family, then attributes
`u16 length, u16 type, payload`, all padded to 4 bytes (linux/netlink.h, linux/rtnetlink.h).
"""

import os
import socket
import struct
from collections.abc import Iterator
from typing import Final

RTM_GETLINK: Final = 18
RTM_GETADDR: Final = 22
RTM_GETROUTE: Final = 26
RTM_GETNEIGH: Final = 30
RTM_GETQDISC: Final = 38
NETLINK_SOCK_DIAG: Final = 4
SOCK_DIAG_BY_FAMILY: Final = 20
_REQUEST_DUMP: Final = 0x301
_ERROR, _DONE = 2, 3
_HEADER: Final = struct.Struct("=IHHII")
_ATTRIBUTE: Final = struct.Struct("=HH")
_BLOCK: Final = 1 << 15  # the kernel never puts more into one answer (netlink_dump() in net/netlink/af_netlink.c)


def dump(kind: int, request: bytes, protocol: int = socket.NETLINK_ROUTE) -> Iterator[bytes]:
    """The bodies of all messages that answer a dump request. Raises `OSError`."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol) as link:
        link.settimeout(2.0)
        link.send(_HEADER.pack(_HEADER.size + len(request), kind, _REQUEST_DUMP, 1, 0) + request)
        while True:
            data = link.recv(_BLOCK)
            at = 0
            while at + _HEADER.size <= len(data):
                length, answer, _, _, _ = _HEADER.unpack_from(data, at)
                if answer == _DONE:
                    return
                body = data[at + _HEADER.size : at + length]
                if answer == _ERROR:
                    number = -struct.unpack_from("=i", body)[0]
                    raise OSError(number, os.strerror(number))
                yield body
                at += (length + 3) & ~3


def attributes(body: bytes, offset: int, last: int = 0) -> dict[int, bytes]:
    """The attributes that stand behind the fixed struct of `offset` bytes, up to the one numbered `last`."""
    out: dict[int, bytes] = {}
    size = len(body)
    unpack = _ATTRIBUTE.unpack_from
    while offset + 4 <= size:
        length, kind = unpack(body, offset)
        if length < 4:
            break
        out[kind & 0x3FFF] = body[offset + 4 : offset + length]
        if kind == last:
            break
        offset += (length + 3) & ~3
    return out


def text(payload: bytes) -> str:
    """A zero-terminated attribute as text."""
    return payload.rstrip(b"\0").decode("utf-8", "replace")
