"""Traffic of a container's network namespace, read through one of its processes."""

from typing import Final

from exporters.container.groups.registry import Container, Emit, Families, groups
from exporters.files import read_lines

_COLUMNS: Final = (
    "receive_bytes_total", "receive_packets_total", "receive_errors_total", "receive_packets_dropped_total",
    "", "", "", "",
    "transmit_bytes_total", "transmit_packets_total", "transmit_errors_total", "transmit_packets_dropped_total",
)  # fmt: skip
FAMILIES: Final[Families] = {
    "container_network_receive_bytes_total": ("counter", "Cumulative count of bytes received"),
    "container_network_receive_packets_total": ("counter", "Cumulative count of packets received"),
    "container_network_receive_packets_dropped_total": (
        "counter", "Cumulative count of packets dropped while receiving",
    ),
    "container_network_receive_errors_total": ("counter", "Cumulative count of errors encountered while receiving"),
    "container_network_transmit_bytes_total": ("counter", "Cumulative count of bytes transmitted"),
    "container_network_transmit_packets_total": ("counter", "Cumulative count of packets transmitted"),
    "container_network_transmit_packets_dropped_total": (
        "counter", "Cumulative count of packets dropped while transmitting",
    ),
    "container_network_transmit_errors_total": (
        "counter", "Cumulative count of errors encountered while transmitting",
    ),
}  # fmt: skip
_IGNORED: Final = ("lo", "veth", "docker", "nerdctl")


@groups.register("network", families=FAMILIES)
def network(container: Container, emit: Emit) -> None:
    """Bytes, packets, drops and errors per interface; loopback and bridge ends are left out."""
    if not container.pid:
        return
    for line in read_lines(f"{container.procfs}/{container.pid}/net/dev")[2:]:
        name, _, rest = line.rpartition(":")
        interface = name.strip()
        if interface.startswith(_IGNORED):
            continue
        labels = {"interface": interface}
        for family, value in zip(_COLUMNS, rest.split(), strict=False):
            if family:
                emit(f"container_network_{family}", int(value), labels)
