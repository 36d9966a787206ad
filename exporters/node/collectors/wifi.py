"""Wireless interfaces and the stations they talk to."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from exporters.nl80211 import Kernel, Recorded, Station, Wireless
from exporters.node.host import Host
from exporters.node.options import option
from exporters.node.registry import collectors
from exporters.table import Table
from pharos.exposition import Metric, MetricType

_MODES: Final = {0: "client", 1: "client", 2: "ad-hoc"}
# Attribute of a station -> family, type, help.
_STATION: Final[dict[str, tuple[str, MetricType, str]]] = {
    "connected_s": (
        "connected_seconds_total", "counter",
        "The total number of seconds a station has been connected to an access point.",
    ),
    "inactive_s": (
        "inactive_seconds", "gauge", "The number of seconds since any wireless activity has occurred on a station.",
    ),
    "receive_bits": (
        "receive_bits_per_second", "gauge", "The current WiFi receive bitrate of a station, in bits per second.",
    ),
    "transmit_bits": (
        "transmit_bits_per_second", "gauge", "The current WiFi transmit bitrate of a station, in bits per second.",
    ),
    "received_bytes": ("receive_bytes_total", "counter", "The total number of bytes received by a WiFi station."),
    "transmitted_bytes": (
        "transmit_bytes_total", "counter", "The total number of bytes transmitted by a WiFi station.",
    ),
    "signal_dbm": (
        "signal_dbm", "gauge", "The current WiFi signal strength, in decibel-milliwatts (dBm).",
    ),
    "retries": (
        "transmit_retries_total", "counter",
        "The total number of times a station has had to retry while sending a packet.",
    ),
    "failed": (
        "transmit_failed_total", "counter", "The total number of times a station has failed to send a packet.",
    ),
    "beacon_loss": (
        "beacon_loss_total", "counter", "The total number of times a station has detected a beacon loss.",
    ),
    "transmitted_packets": (
        "transmitted_packets_total", "counter", "The total number of packets transmitted by a station.",
    ),
    "received_packets": (
        "received_packets_total", "counter", "The total number of packets received by a station.",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class WifiOptions:
    """Where the figures come from."""

    fixtures: str = option("", "Folder with JSON files to read instead of asking the kernel, for tests.")


@collectors.register("wifi", default=False, options=WifiOptions)
def wifi(_: Host, options: WifiOptions) -> Iterator[Metric]:
    """WiFi device and station statistics."""
    source: Wireless = Recorded(options.fixtures) if options.fixtures else Kernel()
    table = Table()
    for interface in source.interfaces():
        labels = {"device": interface.name}
        text = "The current frequency a WiFi interface is operating at, in hertz."
        table.gauge("node_wifi_interface_frequency_hertz", text, interface.frequency_mhz * 1_000_000, labels)
        network = source.network(interface)
        if network is not None:
            mode = _MODES.get(network.status, "unknown")
            where = {**labels, "bssid": network.bssid, "ssid": network.ssid, "mode": mode}
            text = "Labeled WiFi interface station information as provided by the operating system."
            table.gauge("node_wifi_station_info", text, 1, where)
        for station in source.stations(interface):
            _station(station, {**labels, "mac_address": station.address}, table)
    yield from table


def _station(station: Station, labels: dict[str, str], table: Table) -> None:
    for attribute, (name, kind, text) in _STATION.items():
        table.add(kind, f"node_wifi_station_{name}", text, getattr(station, attribute), labels)
