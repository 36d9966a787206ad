"""What a time server says, asked by SNTP; the kernel's own view of the clock is in `timex`.

A packet has 48 bytes: leap, version and mode; stratum; poll; precision; root delay and dispersion (16.16 bits); reference id; and the times of
reference, origin, receive and transmit (32.32 bits since 1900) (RFC 5905, section 7.3).
"""

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from exporters.node.host import Host
from exporters.node.options import option
from exporters.node.registry import collectors
from pharos.config import FieldError
from pharos.durations import Duration
from pharos.exposition import Metric, gauge

_PACKET: Final = struct.Struct("!BBbbII4sQQQQ")
_CLIENT, _SERVER = 3, 4
_TO_1970_S: Final = 2_208_988_800
_FRACTION: Final = 1 << 32
_SHORT: Final = 1 << 16
_NOT_SYNCHRONISED: Final = 3
_MAX_STRATUM: Final = 15


@dataclass(frozen=True, slots=True)
class NtpOptions:
    """Which server, and what counts as sane."""

    server: str = option("127.0.0.1", "NTP server to use for ntp collector.")
    server_port: int = option(123, "UDP port number to connect to on NTP server.")
    protocol_version: int = option(4, "NTP protocol version.")
    server_is_local: bool = option(False, "Certify that the server's address is not a public ntp server.")
    ip_ttl: int = option(1, "IP TTL to use while sending NTP query.")
    max_distance: Duration = option(Duration(3.466), "Max accumulated distance to the root.")
    local_offset_tolerance: Duration = option(Duration(0.001), "Offset between local clock and ntpd time to tolerate.")

    def __post_init__(self) -> None:
        if self.protocol_version not in (2, 3, 4):
            raise FieldError("protocol_version", f"found {self.protocol_version}, expected 2, 3 or 4")
        if not self.server_is_local and not _is_loopback(self.server):
            raise FieldError(
                "server", "only a loopback address, unless server_is_local is set: public servers are not for polling"
            )


@dataclass(frozen=True, slots=True)
class Answer:
    """A server's answer, times in seconds since 1970; `sent` and `received` by our clock."""

    leap: int
    stratum: int
    root_delay_s: float
    root_dispersion_s: float
    reference: float
    server_received: float
    server_sent: float
    sent: float
    received: float

    @property
    def offset_s(self) -> float:
        """How far our clock is behind the server's."""
        return ((self.server_received - self.sent) + (self.server_sent - self.received)) / 2

    @property
    def round_trip_s(self) -> float:
        return max(0.0, (self.received - self.sent) - (self.server_sent - self.server_received))

    @property
    def root_distance_s(self) -> float:
        return (self.root_delay_s + self.round_trip_s) / 2 + self.root_dispersion_s

    def sane(self, max_distance_s: float, tolerance_s: float) -> bool:
        """A synchronised server near its source, and our clock close to it beyond what the way explains."""
        synchronised = self.leap != _NOT_SYNCHRONISED and 1 <= self.stratum <= _MAX_STRATUM
        unexplained = max(0.0, abs(self.offset_s) - self.round_trip_s / 2)
        return synchronised and self.root_distance_s <= max_distance_s and unexplained <= tolerance_s


@collectors.register("ntp", default=False, options=NtpOptions)
def ntp(host: Host, options: NtpOptions) -> Iterator[Metric]:
    """State of a local time server, to check the time."""
    answer = _ask(host, options)
    sane = answer.sane(float(options.max_distance), float(options.local_offset_tolerance))
    yield gauge("node_ntp_stratum", "NTPD stratum.", answer.stratum)
    yield gauge("node_ntp_leap", "NTPD leap second indicator, 2 bits.", answer.leap)
    yield gauge("node_ntp_rtt_seconds", "RTT to NTPD.", answer.round_trip_s)
    yield gauge("node_ntp_offset_seconds", "ClockOffset between NTP and local clock.", answer.offset_s)
    reference = max(0.0, answer.reference)
    yield gauge("node_ntp_reference_timestamp_seconds", "NTPD ReferenceTime, UNIX timestamp.", reference)
    yield gauge("node_ntp_root_delay_seconds", "NTPD RootDelay.", answer.root_delay_s)
    yield gauge("node_ntp_root_dispersion_seconds", "NTPD RootDispersion.", answer.root_dispersion_s)
    text = "NTPD sanity according to RFC5905 heuristics and configured limits."
    yield gauge("node_ntp_sanity", text, int(sane))


def _ask(host: Host, options: NtpOptions) -> Answer:
    family, kind, _, _, address = socket.getaddrinfo(options.server, options.server_port, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind) as client:
        client.settimeout(min(1.0, host.deadline_s * 0.9))
        if family == socket.AF_INET:
            client.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, options.ip_ttl)
        client.connect(address)
        sent = host.clock.now()
        stamp = int((sent + _TO_1970_S) * _FRACTION)
        client.send(_PACKET.pack(options.protocol_version << 3 | _CLIENT, 0, 0, 0, 0, 0, b"", 0, 0, 0, stamp))
        data = client.recv(512)
        received = host.clock.now()
    return parse_answer(data, stamp, sent, received)


def parse_answer(data: bytes, stamp: int, sent: float, received: float) -> Answer:
    """The answer to a request with this transmit stamp. Raises `ValueError` for anything else."""
    if len(data) < _PACKET.size:
        raise ValueError(f"an answer of {len(data)} bytes, expected {_PACKET.size}")
    first, stratum, _, _, delay, dispersion, _, reference, origin, server_received, server_sent = _PACKET.unpack_from(
        data
    )
    if first & 7 != _SERVER or origin != stamp:
        raise ValueError("not the answer to what was asked")
    return Answer(
        leap=first >> 6,
        stratum=stratum,
        root_delay_s=delay / _SHORT,
        root_dispersion_s=dispersion / _SHORT,
        reference=reference / _FRACTION - _TO_1970_S,
        server_received=server_received / _FRACTION - _TO_1970_S,
        server_sent=server_sent / _FRACTION - _TO_1970_S,
        sent=sent,
        received=received,
    )


def _is_loopback(server: str) -> bool:
    try:
        return ip_address(server).is_loopback
    except ValueError:
        return False
