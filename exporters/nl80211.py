"""Wireless interfaces and stations from the kernel's nl80211, over generic netlink.

A generic netlink message is `u8 command, u8 version, u16 reserved`, then attributes (linux/genetlink.h, linux/nl80211.h).
"""

import json
import struct
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol

from exporters.files import read_bytes
from exporters.netlink import attributes, dump, text

_NETLINK_GENERIC: Final = 16
_CONTROL_FAMILY, _GET_FAMILY = 16, 3
_GET_INTERFACE, _GET_STATION, _GET_SCAN = 5, 17, 32
_IFINDEX, _IFNAME, _MAC, _STA_INFO, _WIPHY_FREQ, _BSS = 3, 4, 6, 21, 38, 47
_BSS_BSSID, _BSS_ELEMENTS, _BSS_STATUS = 1, 6, 9
_HEADER: Final = 4


@dataclass(frozen=True, slots=True)
class Interface:
    """A wireless interface; frequency in MHz, 0 when it has none now."""

    name: str
    frequency_mhz: int
    index: int = 0


@dataclass(frozen=True, slots=True)
class Network:
    """The access point or cell an interface belongs to. `status`: 0 authenticated, 1 associated, 2 joined an IBSS."""

    bssid: str
    ssid: str
    status: int


@dataclass(frozen=True, slots=True)
class Station:
    """The other end of a wireless link: seconds, bits a second, bytes, packets, dBm."""

    address: str
    connected_s: float = 0
    inactive_s: float = 0
    receive_bits: int = 0
    transmit_bits: int = 0
    received_bytes: int = 0
    transmitted_bytes: int = 0
    received_packets: int = 0
    transmitted_packets: int = 0
    signal_dbm: int = 0
    retries: int = 0
    failed: int = 0
    beacon_loss: int = 0


class Wireless(Protocol):
    """Where wireless figures come from."""

    def interfaces(self) -> Iterator[Interface]: ...
    def network(self, interface: Interface) -> Network | None: ...
    def stations(self, interface: Interface) -> Iterator[Station]: ...


class Kernel:
    """The kernel of this machine. Raises `FileNotFoundError` when it knows no nl80211."""

    def __init__(self) -> None:
        self._family = _family("nl80211")

    def interfaces(self) -> Iterator[Interface]:
        for found in self._dump(_GET_INTERFACE, b""):
            if _IFNAME in found:
                yield Interface(text(found[_IFNAME]), _number(found.get(_WIPHY_FREQ)), _number(found.get(_IFINDEX)))

    def network(self, interface: Interface) -> Network | None:
        for found in self._dump(_GET_SCAN, _u32(_IFINDEX, interface.index)):
            network = network_of(attributes(found.get(_BSS, b""), 0))
            if network is not None:
                return network
        return None

    def stations(self, interface: Interface) -> Iterator[Station]:
        for found in self._dump(_GET_STATION, _u32(_IFINDEX, interface.index)):
            yield station_of(_mac(found.get(_MAC, b"")), attributes(found.get(_STA_INFO, b""), 0))

    def _dump(self, command: int, request: bytes) -> Iterator[dict[int, bytes]]:
        for body in dump(self._family, struct.pack("=BBH", command, 1, 0) + request, _NETLINK_GENERIC):
            yield attributes(body, _HEADER)


class Recorded:
    """A folder of JSON files instead of a kernel, for tests: interfaces.json, `<name>/bss.json`, `<name>/stationinfo.json`."""

    def __init__(self, folder: str) -> None:
        self._folder = folder.rstrip("/")

    def interfaces(self) -> Iterator[Interface]:
        for entry in self._read("interfaces.json") or []:
            if entry.get("name"):
                yield Interface(entry["name"], entry.get("frequency", 0))

    def network(self, interface: Interface) -> Network | None:
        entry = self._read(f"{interface.name}/bss.json")
        return None if entry is None else Network(_mac(b64decode(entry["bssid"])), entry["ssid"], entry["status"])

    def stations(self, interface: Interface) -> Iterator[Station]:
        for entry in self._read(f"{interface.name}/stationinfo.json") or []:
            yield Station(
                _mac(b64decode(entry["hardwareaddr"])),
                connected_s=entry.get("connected", 0) / 1e9,
                inactive_s=entry.get("inactive", 0) / 1e9,
                receive_bits=entry.get("receivebitrate", 0),
                transmit_bits=entry.get("transmitbitrate", 0),
                signal_dbm=entry.get("signal", 0),
                retries=entry.get("transmitretries", 0),
                failed=entry.get("transmitfailed", 0),
                beacon_loss=entry.get("beaconloss", 0),
            )

    def _read(self, name: str) -> Any:
        try:
            return json.loads(read_bytes(f"{self._folder}/{name}"))
        except FileNotFoundError:
            return None


def network_of(bss: dict[int, bytes]) -> Network | None:
    """A scan result as a network; None for one that the interface does not belong to."""
    if _BSS_STATUS not in bss or _BSS_BSSID not in bss:
        return None
    return Network(_mac(bss[_BSS_BSSID]), _ssid(bss.get(_BSS_ELEMENTS, b"")), _number(bss[_BSS_STATUS]))


def station_of(address: str, info: dict[int, bytes]) -> Station:
    """The figures of NL80211_ATTR_STA_INFO; bytes come in 64 bits from newer kernels, in 32 from all."""
    return Station(
        address,
        connected_s=_number(info.get(16)),
        inactive_s=_number(info.get(1)) / 1000,
        receive_bits=_rate(info.get(14, b"")),
        transmit_bits=_rate(info.get(8, b"")),
        received_bytes=_number(info.get(23, info.get(2))),
        transmitted_bytes=_number(info.get(24, info.get(3))),
        received_packets=_number(info.get(9)),
        transmitted_packets=_number(info.get(10)),
        signal_dbm=int.from_bytes(info.get(7, b"")[:1], "little", signed=True),
        retries=_number(info.get(11)),
        failed=_number(info.get(12)),
        beacon_loss=_number(info.get(18)),
    )


def _family(name: str) -> int:
    for body in dump(_CONTROL_FAMILY, struct.pack("=BBH", _GET_FAMILY, 1, 0), _NETLINK_GENERIC):
        found = attributes(body, _HEADER)
        if text(found.get(2, b"")) == name:
            return _number(found.get(1))
    raise FileNotFoundError(2, f"the kernel has no {name}")


def _rate(nested: bytes) -> int:
    """Bits a second of a rate in units of 100 kbit/s."""
    found = attributes(nested, 0)
    return _number(found.get(5, found.get(1))) * 100_000


def _ssid(elements: bytes) -> str:
    """The information element 0 of a beacon: `u8 id, u8 length, bytes`."""
    at = 0
    while at + 2 <= len(elements):
        kind, length = elements[at], elements[at + 1]
        if kind == 0:
            return elements[at + 2 : at + 2 + length].decode("utf-8", "replace")
        at += 2 + length
    return ""


def _number(payload: bytes | None) -> int:
    return int.from_bytes(payload or b"", "little")


def _u32(kind: int, value: int) -> bytes:
    return struct.pack("=HHI", 8, kind, value)


def _mac(raw: bytes) -> str:
    return raw.hex(":")
