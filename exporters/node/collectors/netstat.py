"""Counters of the network protocols."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from exporters.files import read_lines, read_text
from exporters.node.fields import Field, Fields
from exporters.node.host import Host
from exporters.node.options import Filter, check_pattern, option
from exporters.node.registry import collectors
from pharos.exposition import Metric, untyped

_FIELDS: Final = (
    "^(.*_(InErrors|InErrs)|Ip_Forwarding|Ip(6|Ext)_(InOctets|OutOctets)|Icmp6?_(InMsgs|OutMsgs)|TcpExt_(Listen.*|Syncookies.*|"
    "TCPSynRetrans|TCPTimeouts|TCPOFOQueue|TCPRcvQDrop)|Tcp_(ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|RetransSegs|"
    "CurrEstab)|Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors))$"
)


@dataclass(frozen=True, slots=True)
class NetstatOptions:
    """Which fields."""

    fields: str = option(_FIELDS, "Regexp of fields to return for netstat collector.")

    def __post_init__(self) -> None:
        check_pattern(self, "fields")


@collectors.register("netstat", options=NetstatOptions)
class Netstat:
    """Network statistics of /proc/net/netstat, snmp and snmp6."""

    def __init__(self, host: Host, options: NetstatOptions) -> None:
        self._host, self._filter = host, Filter(include=options.fields)
        self._places: dict[str, list[tuple[int, str, str]]] = {}
        self._fields6 = Fields(self._family6, "\t")

    def __call__(self) -> Iterator[Metric]:
        for file in ("netstat", "snmp"):
            lines = read_lines(self._host.proc(f"net/{file}"))
            for header, row in zip(lines[::2], lines[1::2], strict=True):
                values = row.split(" ")
                for place, name, text in self._chosen(header):
                    yield untyped(name, text, int(values[place]))
        yield from self._snmp6()

    def _chosen(self, header: str) -> list[tuple[int, str, str]]:
        """Place, family and help of the wanted columns; the header lines change only with the kernel."""
        known = self._places.get(header)
        if known is None:
            protocol, *names = header.split(" ")
            protocol = protocol.rstrip(":")
            known = self._places[header] = [
                (place, f"node_netstat_{protocol}_{name}", f"Statistic {protocol}{name}.")
                for place, name in enumerate(names, 1)
                if self._filter.allows(f"{protocol}_{name}")
            ]
        return known

    def _snmp6(self) -> Iterator[Metric]:
        try:
            text = read_text(self._host.proc("net/snmp6"))
        except FileNotFoundError:  # IPv6 is switched off
            return
        for (name, description), value in self._fields6.of(text):
            yield untyped(name, description, value)

    def _family6(self, key: str) -> Field | None:
        before, six, name = key.rstrip().partition("6")
        protocol = f"{before}{six}"
        wanted = six and self._filter.allows(f"{protocol}_{name}")
        return (f"node_netstat_{protocol}_{name}", f"Statistic {protocol}{name}.") if wanted else None
