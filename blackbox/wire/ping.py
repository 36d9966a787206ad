"""ICMP echo over an unprivileged datagram socket, or a raw one where the kernel forbids that (net.ipv4.ping_group_range)."""

import asyncio
import itertools
import os
import random
import socket
import struct
import time
from dataclasses import dataclass
from typing import Final, Self

from blackbox.failures import ProbeError, Reason

_IP_RECVTTL: Final = 12
_FILLER: Final = b"Pharos blackbox prober"
_sequence = itertools.count(random.randrange(1 << 15))


@dataclass(frozen=True, slots=True)
class Reply:
    """A matching echo reply; `hop_limit` is None when the kernel does not tell."""

    rtt_s: float
    hop_limit: int | None


class Pinger:
    """One socket towards one address."""

    def __init__(self, address: str, payload_size: int, *, source: str, ttl: int, dont_fragment: bool) -> None:
        self._v6 = ":" in address
        self._address = address
        self._payload = (_FILLER * (payload_size // len(_FILLER) + 1))[: payload_size or len(_FILLER)]
        self._ident = (os.getpid() ^ random.randrange(1 << 16)) & 0xFFFF
        self._socket, self._raw = _open(self._v6, privileged_only=dont_fragment and not self._v6)
        self._configure(source, ttl, dont_fragment)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def _configure(self, source: str, ttl: int, dont_fragment: bool) -> None:
        sock = self._socket
        sock.setblocking(False)
        try:
            if source:
                sock.bind((source, 0))
            if self._v6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
                if ttl:
                    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, ttl)
            else:
                sock.setsockopt(socket.IPPROTO_IP, _IP_RECVTTL, 1)
                if ttl:
                    sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
                if dont_fragment:
                    sock.setsockopt(socket.IPPROTO_IP, 10, 2)  # IP_MTU_DISCOVER, IP_PMTUDISC_DO
        except OSError as error:
            sock.close()
            raise ProbeError(Reason.PERMISSION, f"cannot set up the ICMP socket: {error}") from error

    async def ping(self) -> Reply:
        """Send one echo request and wait for its reply. Raises `ProbeError`."""
        sequence = next(_sequence) & 0xFFFF
        start = time.perf_counter()
        try:
            self._socket.sendto(self._packet(sequence), (self._address, 0))
        except OSError as error:
            raise ProbeError(Reason.CONNECT, f"cannot send: {error.strerror}") from error
        while True:
            await _readable(self._socket)
            try:
                data, control, _, sender = self._socket.recvmsg(65536, 256)
            except BlockingIOError:
                continue
            except OSError as error:
                raise ProbeError(Reason.CONNECT, f"cannot receive: {error.strerror}") from error
            if self._is_reply(data, sequence, sender):
                return Reply(time.perf_counter() - start, _hop_limit(control))

    def _packet(self, sequence: int) -> bytes:
        head = struct.pack("!BBHHH", 128 if self._v6 else 8, 0, 0, self._ident, sequence)
        # The kernel fills the checksum of ICMPv6; that of ICMPv4 is ours on raw sockets.
        checksum = 0 if self._v6 else _checksum(head + self._payload)
        return head[:2] + struct.pack("!H", checksum) + head[4:] + self._payload

    def _is_reply(self, data: bytes, sequence: int, sender: tuple[str, int]) -> bool:
        if self._raw and not self._v6:
            data = data[(data[0] & 0x0F) * 4 :]
        if len(data) < 8 or sender[0].partition("%")[0] != self._address.partition("%")[0]:
            return False
        kind, code, _, ident, found = struct.unpack("!BBHHH", data[:8])
        # On an unprivileged socket the kernel puts its own identifier and hands out only our replies.
        known = not self._raw or ident == self._ident
        return bool(
            kind == (129 if self._v6 else 0) and code == 0 and known and found == sequence and data[8:] == self._payload
        )


def _open(v6: bool, *, privileged_only: bool) -> tuple[socket.socket, bool]:
    family = socket.AF_INET6 if v6 else socket.AF_INET
    protocol = socket.IPPROTO_ICMPV6 if v6 else socket.IPPROTO_ICMP
    kinds = (socket.SOCK_RAW,) if privileged_only else (socket.SOCK_DGRAM, socket.SOCK_RAW)
    problem: OSError | None = None
    for kind in kinds:
        try:
            return socket.socket(family, kind, protocol), kind == socket.SOCK_RAW
        except OSError as error:
            problem = error
    raise ProbeError(
        Reason.PERMISSION,
        f"cannot open an ICMP socket ({problem}): allow the group in net.ipv4.ping_group_range or give CAP_NET_RAW",
    )


async def _readable(sock: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_reader(sock, _settle, ready)
    try:
        await ready
    finally:
        loop.remove_reader(sock)


def _settle(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


def _hop_limit(control: list[tuple[int, int, bytes]]) -> int | None:
    for level, kind, data in control:
        if (level, kind) in ((socket.IPPROTO_IP, socket.IP_TTL), (socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT)):
            return int.from_bytes(data[:4], "little")
    return None


def _checksum(data: bytes) -> int:
    """RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
