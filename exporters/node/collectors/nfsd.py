"""The kernel's NFS server."""

from collections.abc import Iterator
from typing import Final

from exporters.files import read_lines
from exporters.node.collectors.nfs import NFS2, NFS3
from exporters.node.host import Host
from exporters.node.registry import collectors
from pharos.exposition import Metric, counter, gauge

# Operations of NFSv4.0 by number; 0, 1 and 2 are not used (RFC 7530).
_OPERATIONS: Final = (
    "", "", "", "Access", "Close", "Commit", "Create", "DelegPurge", "DelegReturn", "GetAttr", "GetFH", "Link", "Lock",
    "Lockt", "Locku", "Lookup", "LookupRoot", "Nverify", "Open", "OpenAttr", "OpenConfirm", "OpenDgrd", "PutFH", "", "",
    "Read", "ReadDir", "ReadLink", "Remove", "Rename", "Renew", "RestoreFH", "SaveFH", "SecInfo", "SetAttr",
    "SetClientID", "SetClientIDConfirm", "Verify", "Write", "RelLockOwner",
)  # fmt: skip
_SIMPLE: Final = (
    ("rc", 0, counter, "reply_cache_hits_total", "Total number of NFSd Reply Cache hits (client lost server response)."),
    (
        "rc", 1, counter, "reply_cache_misses_total",
        "Total number of NFSd Reply Cache an operation that requires caching (idempotent).",
    ),
    (
        "rc", 2, counter, "reply_cache_nocache_total",
        "Total number of NFSd Reply Cache non-idempotent operations (rename/delete/…).",
    ),
    ("fh", 0, counter, "file_handles_stale_total", "Total number of NFSd stale file handles"),
    ("io", 0, counter, "disk_bytes_read_total", "Total NFSd bytes read."),
    ("io", 1, counter, "disk_bytes_written_total", "Total NFSd bytes written."),
    ("th", 0, gauge, "server_threads", "Total number of NFSd kernel threads that are running."),
    ("ra", 0, gauge, "read_ahead_cache_size_blocks", "How large the read ahead cache is in blocks."),
    ("ra", -1, counter, "read_ahead_cache_not_found_total", "Total number of NFSd read ahead cache not found."),
    ("net", 3, counter, "connections_total", "Total number of NFSd TCP connections."),
    ("rpc", 0, counter, "server_rpcs_total", "Total number of NFSd RPCs."),
)  # fmt: skip


@collectors.register("nfsd")
def nfsd(host: Host) -> Iterator[Metric]:
    """NFS kernel server statistics of /proc/net/rpc/nfsd."""
    lines: dict[str, list[str]] = {}
    for line in read_lines(host.proc("net/rpc/nfsd")):
        key, *values = line.split()
        lines[key] = values
    for key, place, make, name, text in _SIMPLE:
        if key in lines:
            yield make(f"node_nfsd_{name}", text, int(lines[key][place]))
    packets = counter("node_nfsd_packets_total", "Total NFSd network packets (sent+received) by protocol type.")
    packets.add(int(lines["net"][1]), {"proto": "udp"})
    packets.add(int(lines["net"][2]), {"proto": "tcp"})
    yield packets
    errors = counter("node_nfsd_rpc_errors_total", "Total number of NFSd RPC errors by error type.")
    for place, kind in enumerate(("fmt", "auth", "cInt"), 2):
        errors.add(int(lines["rpc"][place]), {"error": kind})
    yield errors
    yield _requests(lines)


def _requests(lines: dict[str, list[str]]) -> Metric:
    requests = counter("node_nfsd_requests_total", "Total number NFSd Requests by method and protocol.")
    for proto, key, methods in (("2", "proc2", NFS2), ("3", "proc3", NFS3), ("4", "proc4ops", _OPERATIONS)):
        values = [int(value) for value in lines.get(key, ["0"])[1:]]
        values += [0] * (len(methods) - len(values))  # a kernel without NFSv2 does not tell about it
        for method, value in zip(methods, values, strict=False):
            if method not in ("", "Null"):
                requests.add(value, {"proto": proto, "method": method})
    delegations = int(lines.get("wdeleg_getattr", ["0"])[0])
    requests.add(delegations, {"proto": "4", "method": "WdelegGetattr"})
    return requests
