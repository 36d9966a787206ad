"""Sockets in use."""

import os
from collections.abc import Iterator
from typing import Final

from exporters.files import read_lines
from exporters.node.host import Host
from exporters.node.registry import collectors
from pharos.exposition import Metric, gauge

_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


@collectors.register("sockstat")
def sockstat(host: Host) -> Iterator[Metric]:
    """Statistics of /proc/net/sockstat and sockstat6."""
    for file in ("sockstat", "sockstat6"):
        try:
            lines = read_lines(host.proc(f"net/{file}"))
        except FileNotFoundError:  # this IP version is switched off
            continue
        for line in lines:
            protocol, *pairs = line.replace(":", "").split()
            for key, value in zip(pairs[::2], map(int, pairs[1::2]), strict=True):
                if protocol == "sockets":
                    yield gauge("node_sockstat_sockets_used", "Number of IPv4 sockets in use.", value)
                    continue
                yield _family(protocol, key, value)
                if key == "mem":
                    yield _family(protocol, "mem_bytes", value * _PAGE)


def _family(protocol: str, key: str, value: int) -> Metric:
    return gauge(f"node_sockstat_{protocol}_{key}", f"Number of {protocol} sockets in state {key}.", value)
