"""Bytes waiting in UDP sockets."""

from collections.abc import Iterator

from exporters.files import read_lines
from exporters.node.host import Host
from exporters.node.registry import NoData, collectors
from pharos.exposition import Metric, gauge


@collectors.register("udp_queues")
def udp_queues(host: Host) -> Iterator[Metric]:
    """UDP total lengths of the rx_queue and tx_queue."""
    family = gauge("node_udp_queues", "Number of allocated memory in the kernel for UDP datagrams in bytes.")
    for file, version in (("udp", "v4"), ("udp6", "v6")):
        try:
            lines = read_lines(host.proc(f"net/{file}"))[1:]
        except FileNotFoundError:
            continue
        queues = [line.split()[4].split(":") for line in lines]
        family.add(sum(int(sent, 16) for sent, _ in queues), {"queue": "tx", "ip": version})
        family.add(sum(int(received, 16) for _, received in queues), {"queue": "rx", "ip": version})
    if not family.samples:
        raise NoData("neither /proc/net/udp nor udp6")
    yield family
