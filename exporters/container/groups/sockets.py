"""TCP and UDP sockets of a container's network namespace by state."""

from typing import Final

from exporters.container.groups.registry import Container, Emit, Families, groups
from exporters.files import read_lines

# Source: include/net/tcp_states.h.
_TCP_STATES: Final = {
    "01": "established", "02": "synsent", "03": "synrecv", "04": "finwait1", "05": "finwait2", "06": "timewait",
    "07": "close", "08": "closewait", "09": "lastack", "0A": "listen", "0B": "closing",
}  # fmt: skip
TCP_FAMILIES: Final[Families] = {
    "container_network_tcp_usage_total": ("gauge", "tcp connection usage statistic for container"),
    "container_network_tcp6_usage_total": ("gauge", "tcp6 connection usage statistic for container"),
}
UDP_FAMILIES: Final[Families] = {
    "container_network_udp_usage_total": ("gauge", "udp connection usage statistic for container"),
    "container_network_udp6_usage_total": ("gauge", "udp6 connection usage statistic for container"),
}


@groups.register("tcp", default=False, families=TCP_FAMILIES)
def tcp(container: Container, emit: Emit) -> None:
    """TCP sockets by state."""
    for protocol in ("tcp", "tcp6") if container.pid else ():
        counts = dict.fromkeys(_TCP_STATES.values(), 0)
        for line in _sockets(container, protocol):
            state = _TCP_STATES.get(line[3])
            if state is not None:
                counts[state] += 1
        for state, count in counts.items():
            emit(f"container_network_{protocol}_usage_total", count, {"tcp_state": state})


@groups.register("udp", default=False, families=UDP_FAMILIES)
def udp(container: Container, emit: Emit) -> None:
    """UDP sockets, queued bytes and drops."""
    for protocol in ("udp", "udp6") if container.pid else ():
        counts = {"listen": 0, "dropped": 0, "rxqueued": 0, "txqueued": 0}
        for line in _sockets(container, protocol):
            sent, _, received = line[4].partition(":")
            counts["listen"] += 1
            counts["txqueued"] += int(sent, 16)
            counts["rxqueued"] += int(received, 16)
            counts["dropped"] += int(line[12])
        for state, count in counts.items():
            emit(f"container_network_{protocol}_usage_total", count, {"udp_state": state})


def _sockets(container: Container, protocol: str) -> list[list[str]]:
    try:
        return [line.split() for line in read_lines(f"{container.procfs}/{container.pid}/net/{protocol}")[1:]]
    except FileNotFoundError:  # IPv6 is switched off, or the process has just ended
        return []
