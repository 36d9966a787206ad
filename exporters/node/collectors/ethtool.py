"""Statistics, driver and link modes of network devices, as ethtool shows them."""

import array
import fcntl
import re
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from exporters.files import entries
from exporters.node.host import Host
from exporters.node.options import Filter, check_pattern, option
from exporters.node.registry import NoData, collectors
from exporters.node.tables.ethtool import LINK_MODES, PORTS
from exporters.table import Table
from pharos.exposition import Metric

# Requests of SIOCETHTOOL (linux/ethtool.h).
_SIOCETHTOOL: Final = 0x8946
_GSET, _GDRVINFO, _GSTRINGS, _GSTATS = 0x01, 0x03, 0x1B, 0x1D
_SS_STATS: Final = 1
_STRING: Final = 32
_AUTONEG_BIT, _PAUSE_BIT, _ASYM_PAUSE_BIT = 6, 13, 14
_MEGABIT_BYTES: Final = 125_000
_RENAMED: Final = {
    "rx_bytes": ("received_bytes_total", "Network interface bytes received"),
    "rx_dropped": ("received_dropped_total", "Number of received frames dropped"),
    "rx_errors": ("received_errors_total", "Number of received frames with errors"),
    "rx_packets": ("received_packets_total", "Network interface packets received"),
    "tx_bytes": ("transmitted_bytes_total", "Network interface bytes sent"),
    "tx_errors": ("transmitted_errors_total", "Number of sent frames with errors"),
    "tx_packets": ("transmitted_packets_total", "Network interface packets sent"),
}
_INFO: Final = (
    "A metric with a constant '1' value labeled by bus_info, device, driver, expansion_rom_version, firmware_version,"
    " version."
)


@dataclass(frozen=True, slots=True)
class EthtoolOptions:
    """Which devices and figures."""

    device_include: str = option("", "Regexp of ethtool devices to include (instead of device-exclude).")
    device_exclude: str = option("", "Regexp of ethtool devices to exclude.")
    metrics_include: str = option(".*", "Regexp of ethtool stats to include.")

    def __post_init__(self) -> None:
        check_pattern(self, "device_include", "device_exclude", "metrics_include")


@collectors.register("ethtool", default=False, options=EthtoolOptions)
class Ethtool:
    """Network device statistics and link modes from ethtool's ioctl."""

    def __init__(self, host: Host, options: EthtoolOptions) -> None:
        self._base = host.sys("class/net")
        self._devices = Filter(options.device_include, options.device_exclude)
        self._metrics = Filter(options.metrics_include)

    def __call__(self) -> Iterator[Metric]:
        devices = [name for name in entries(self._base) if name != "bonding_masters"]
        if not devices:
            raise NoData("no network device")
        table = Table()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as control:
            for device in filter(self._devices.allows, devices):
                _link(control, device, table)
                _driver(control, device, table)
                self._statistics(control, device, table)
        yield from table

    def _statistics(self, control: socket.socket, device: str, table: Table) -> None:
        seen: set[str] = set()
        for key, value in _stats(control, device):
            known = re.sub("[^a-zA-Z0-9_]", "_", key)
            name, text = _RENAMED.get(known, (family_name(key), f"Network interface {known}"))
            if name not in seen and self._metrics.allows(known):
                seen.add(name)  # drivers have names that differ in blanks only
                table.add("untyped", f"node_ethtool_{name}", text, value, {"device": device})


def family_name(key: str) -> str:
    """A statistic's name as part of a metric: `RX errors` is `received_errors`."""
    name = re.sub("[^a-zA-Z0-9_]", "_", key).lower().lstrip("_")
    name = re.sub("(^|_)rx(_|$)", r"\1received\2", name)
    return re.sub("(^|_)tx(_|$)", r"\1transmitted\2", name)


def _request(control: socket.socket, device: str, data: bytes) -> bytes | None:
    """The answer to a request that the kernel writes in place; None where the driver knows no such thing."""
    buffer = array.array("B", data)
    address, _ = buffer.buffer_info()
    try:
        fcntl.ioctl(control, _SIOCETHTOOL, struct.pack("16sP16x", device.encode()[:15], address))
    except OSError:
        return None
    return buffer.tobytes()


def _link(control: socket.socket, device: str, table: Table) -> None:
    """struct ethtool_cmd: command, supported, advertising, speed, duplex, port, address, transceiver, autoneg."""
    answer = _request(control, device, struct.pack("=I40x", _GSET))
    if answer is None:
        return
    _, supported, advertised = struct.unpack_from("=III", answer)
    labels = {"device": device}
    for prefix, suffix, modes, doing in (
        ("supported", "supported", supported, "supported"),
        ("advertised", "advertised", advertised, "offered"),
    ):
        for bit, speed, duplex, phy in LINK_MODES:
            if modes >> bit & 1:
                where = {**labels, "duplex": duplex, "mode": f"{speed}base{phy}"}
                text = f"Combination of speeds and features {doing} by network device"
                table.gauge(f"node_network_{prefix}_speed_bytes", text, speed * _MEGABIT_BYTES, where)
        for name, bit, what in (
            ("autonegotiate", _AUTONEG_BIT, ("autonegotiate", "autonegotiate")),
            ("pause", _PAUSE_BIT, ("pause frames", "pause capability")),
            ("asymmetricpause", _ASYM_PAUSE_BIT, ("asymmetric pause frames", "asymmetric pause capability")),
        ):
            verb, shown = ("supports", what[0]) if suffix == "supported" else ("offers", what[1])
            text = f"If this port device {verb} {shown}"
            table.gauge(f"node_network_{name}_{suffix}", text, modes >> bit & 1, labels)
    for name, bit in PORTS.items():
        if supported >> bit & 1:
            text = "Type of ports or PHYs supported by network device"
            table.gauge("node_network_supported_port_info", text, 1, {**labels, "type": name})
    table.gauge("node_network_autonegotiate", "If this port is using autonegotiate", answer[18], labels)


def _driver(control: socket.socket, device: str, table: Table) -> None:
    """struct ethtool_drvinfo: command, then driver, version, firmware, bus and expansion ROM version, 32 bytes each."""
    answer = _request(control, device, struct.pack("=I192x", _GDRVINFO))
    if answer is None:
        return
    names = ("driver", "version", "firmware_version", "bus_info", "expansion_rom_version")
    texts = {name: _text(answer[4 + _STRING * place :]) for place, name in enumerate(names)}
    table.gauge("node_ethtool_info", _INFO, 1, {"device": device, **texts})


def _stats(control: socket.socket, device: str) -> Iterator[tuple[str, int]]:
    info = _request(control, device, struct.pack("=I192x", _GDRVINFO))
    count = struct.unpack_from("=I", info, 180)[0] if info is not None else 0
    if not count:
        return
    strings = _request(control, device, struct.pack(f"=III{_STRING * count}x", _GSTRINGS, _SS_STATS, count))
    values = _request(control, device, struct.pack(f"=II{8 * count}x", _GSTATS, count))
    if strings is None or values is None:
        return
    for place in range(count):
        yield _text(strings[12 + _STRING * place :]), struct.unpack_from("=Q", values, 8 + 8 * place)[0]


def _text(data: bytes) -> str:
    return data[:_STRING].split(b"\0", 1)[0].decode("utf-8", "replace").strip()
