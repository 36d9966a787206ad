"""The kernel's load balancer (IP Virtual Server)."""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from exporters.files import read_lines
from exporters.node.host import Host
from exporters.node.options import option
from exporters.node.registry import collectors
from pharos.config import FieldError
from pharos.exposition import Metric, counter, gauge

_LABELS: Final = ("local_address", "local_port", "remote_address", "remote_port", "proto", "local_mark")
_TOTALS: Final = (
    ("connections", "The total number of connections made."),
    ("incoming_packets", "The total number of incoming packets."),
    ("outgoing_packets", "The total number of outgoing packets."),
    ("incoming_bytes", "The total amount of incoming data."),
    ("outgoing_bytes", "The total amount of outgoing data."),
)
_BACKENDS: Final = (
    ("connections_active", "The current active connections by local and remote address."),
    ("connections_inactive", "The current inactive connections by local and remote address."),
    ("weight", "The current backend weight by local and remote address."),
)


@dataclass(frozen=True, slots=True)
class IpvsOptions:
    """How backends are told apart."""

    backend_labels: str = option(",".join(_LABELS), "Comma separated list for IPVS backend stats labels.")

    def __post_init__(self) -> None:
        for label in filter(None, self.backend_labels.split(",")):
            if label not in _LABELS:
                raise FieldError("backend_labels", f"unknown label {label!r}, known: {', '.join(_LABELS)}")


@collectors.register("ipvs", options=IpvsOptions)
def ipvs(host: Host, options: IpvsOptions) -> Iterator[Metric]:
    """IPVS status of /proc/net/ip_vs and stats of /proc/net/ip_vs_stats."""
    totals = read_lines(host.proc("net/ip_vs_stats"))[2].split()
    for (name, text), value in zip(_TOTALS, totals, strict=True):
        yield counter(f"node_ipvs_{name}_total", text, int(value, 16))
    labels = [label for label in _LABELS if label in options.backend_labels.split(",")]
    sums: dict[tuple[str, ...], list[int]] = {}
    for backend, figures in _backends(read_lines(host.proc("net/ip_vs"))):
        key = tuple(backend[label] for label in labels)
        known = sums.get(key, [0, 0, 0])
        sums[key] = [old + new for old, new in zip(known, figures, strict=True)]
    for place, (name, text) in enumerate(_BACKENDS):
        family = gauge(f"node_ipvs_backend_{name}", text)
        for key, summed in sums.items():
            family.add(summed[place], dict(zip(labels, key, strict=True)))
        yield family


def _backends(lines: list[str]) -> Iterator[tuple[dict[str, str], tuple[int, int, int]]]:
    """Each backend with active, inactive connections and weight; virtual servers stand in lines of their own."""
    service: dict[str, str] = {}
    for line in lines[3:]:
        parts = line.split()
        if not parts:
            continue
        if parts[0] in ("TCP", "UDP", "SCTP"):
            address, port = endpoint(parts[1])
            service = {"proto": parts[0], "local_address": address, "local_port": port, "local_mark": ""}
        elif parts[0] == "FWM":
            service = {"proto": "FWM", "local_address": "", "local_port": "0", "local_mark": parts[1]}
        elif parts[0] == "->" and len(parts) >= 6 and parts[1] != "RemoteAddress:Port":
            address, port = endpoint(parts[1])
            figures = (int(parts[4]), int(parts[5]), int(parts[3]))
            yield service | {"remote_address": address, "remote_port": port}, figures


def endpoint(text: str) -> tuple[str, str]:
    """Address and port of `C0A80016:0CEA` or `[2620:0000::0001]:0050`."""
    address, _, port = text.rpartition(":")
    if address.startswith("["):
        return str(ipaddress.ip_address(address.strip("[]"))), str(int(port, 16))
    return str(ipaddress.ip_address(bytes.fromhex(address))), str(int(port, 16))
