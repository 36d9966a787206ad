"""What TCP counts in a container's network namespace: every field of `Tcp` (net/snmp) and `TcpExt` (net/netstat)."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from exporters.container.groups.registry import Container, Emit, Families, groups
from exporters.files import read_lines

FAMILIES: Final[Families] = {
    "container_network_advance_tcp_stats_total": ("gauge", "advance tcp connections statistic for container"),
}
_TABLES: Final = (("net/snmp", "Tcp:"), ("net/netstat", "TcpExt:"))


@groups.register("advtcp", default=False, families=FAMILIES)
def advtcp(container: Container, emit: Emit) -> None:
    """The kernel's TCP counters: retransmissions, overflows, resets and about 130 more per network namespace."""
    if not container.pid:
        return
    for file, prefix in _TABLES:
        for name, value in _pairs(read_lines(f"{container.procfs}/{container.pid}/{file}"), prefix):
            emit("container_network_advance_tcp_stats_total", int(value), {"tcp_state": name.lower()})


def _pairs(lines: list[str], prefix: str) -> Iterator[tuple[str, str]]:
    """Names stand in one line, their values in the next with the same prefix."""
    for names, values in pairwise(lines):
        if names.startswith(prefix) and values.startswith(prefix):
            yield from zip(names.split()[1:], values.split()[1:], strict=False)
            return
