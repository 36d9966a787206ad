"""TCP connections by state."""

import os
import socket
import struct
from collections import Counter
from collections.abc import Iterator
from typing import Final

from exporters.netlink import NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, dump
from exporters.node.host import Host
from exporters.node.registry import collectors
from pharos.exposition import Metric, gauge

# Source: include/net/tcp_states.h.
_STATES: Final = (
    "", "established", "syn_sent", "syn_recv", "fin_wait1", "fin_wait2", "time_wait", "close", "close_wait", "last_ack",
    "listen", "closing",
)  # fmt: skip
# struct inet_diag_req_v2: family, protocol, extensions, padding, states, socket id of 48 bytes (linux/inet_diag.h).
_REQUEST: Final = struct.Struct("=BBBxI48s")
_ALL_STATES: Final = 0xFFF
# struct inet_diag_msg: family, state, timer, retransmissions, socket id, expires, receive queue, send queue, user, inode.
_MESSAGE: Final = struct.Struct("=BBBB48sIIIII")


@collectors.register("tcpstat", default=False)
def tcpstat(host: Host) -> Iterator[Metric]:
    """TCP connection states, asked from the kernel by netlink."""
    counts: Counter[str] = Counter()
    families = [socket.AF_INET, *([socket.AF_INET6] if os.path.exists(host.proc("net/tcp6")) else [])]
    for family in families:
        request = _REQUEST.pack(family, socket.IPPROTO_TCP, 0, _ALL_STATES, bytes(48))
        for body in dump(SOCK_DIAG_BY_FAMILY, request, NETLINK_SOCK_DIAG):
            _, state, _, _, _, _, receive, send, _, _ = _MESSAGE.unpack_from(body)
            counts[_STATES[state] if 0 < state < len(_STATES) else "unknown"] += 1
            counts["rx_queued_bytes"] += receive
            counts["tx_queued_bytes"] += send
    metric = gauge("node_tcp_connection_states", "Number of connection states.")
    for name, count in counts.items():
        metric.add(count, {"state": name})
    yield metric
