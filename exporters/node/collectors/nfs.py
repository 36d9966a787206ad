"""The NFS client."""

from collections.abc import Iterator
from typing import Final

from exporters.files import read_lines
from exporters.node.host import Host
from exporters.node.registry import collectors
from pharos.exposition import Metric, counter

# The procedures in the order of the kernel's tables (fs/nfs/nfs[234]*proc*.c), under node_exporter's names.
NFS2: Final = (
    "Null", "GetAttr", "SetAttr", "Root", "Lookup", "ReadLink", "Read", "WrCache", "Write", "Create", "Remove", "Rename",
    "Link", "SymLink", "MkDir", "RmDir", "ReadDir", "FsStat",
)  # fmt: skip
NFS3: Final = (
    "Null", "GetAttr", "SetAttr", "Lookup", "Access", "ReadLink", "Read", "Write", "Create", "MkDir", "SymLink", "MkNod",
    "Remove", "RmDir", "Rename", "Link", "ReadDir", "ReadDirPlus", "FsStat", "FsInfo", "PathConf", "Commit",
)  # fmt: skip
_NFS4: Final = (
    "Null", "Read", "Write", "Commit", "Open", "OpenConfirm", "OpenNoattr", "OpenDowngrade", "Close", "Setattr", "FsInfo",
    "Renew", "SetClientID", "SetClientIDConfirm", "Lock", "Lockt", "Locku", "Access", "Getattr", "Lookup", "LookupRoot",
    "Remove", "Rename", "Link", "Symlink", "Create", "Pathconf", "StatFs", "ReadLink", "ReadDir", "ServerCaps",
    "DelegReturn", "GetACL", "SetACL", "FsLocations", "ReleaseLockowner", "Secinfo", "FsidPresent", "ExchangeID",
    "CreateSession", "DestroySession", "Sequence", "GetLeaseTime", "ReclaimComplete", "GetDeviceInfo", "LayoutGet",
    "LayoutCommit", "LayoutReturn", "SecinfoNoName", "TestStateID", "FreeStateID", "GetDeviceList",
    "BindConnToSession", "DestroyClientID", "Seek", "Allocate", "DeAllocate", "LayoutStats", "Clone",
)  # fmt: skip
_PROCEDURES: Final = {"proc2": NFS2, "proc3": NFS3, "proc4": _NFS4}


@collectors.register("nfs")
def nfs(host: Host) -> Iterator[Metric]:
    """NFS client statistics of /proc/net/rpc/nfs."""
    lines = dict(_split(line) for line in read_lines(host.proc("net/rpc/nfs")))
    _, udp, tcp, connections = (int(value) for value in lines["net"][:4])
    packets = counter("node_nfs_packets_total", "Total NFSd network packets (sent+received) by protocol type.")
    packets.add(udp, {"protocol": "udp"})
    packets.add(tcp, {"protocol": "tcp"})
    yield packets
    yield counter("node_nfs_connections_total", "Total number of NFSd TCP connections.", connections)
    rpcs, retransmissions, refreshes = (int(value) for value in lines["rpc"][:3])
    yield counter("node_nfs_rpcs_total", "Total number of RPCs performed.", rpcs)
    text = "Number of RPC transmissions performed."
    yield counter("node_nfs_rpc_retransmissions_total", text, retransmissions)
    text = "Number of RPC authentication refreshes performed."
    yield counter("node_nfs_rpc_authentication_refreshes_total", text, refreshes)
    requests = counter("node_nfs_requests_total", "Number of NFS procedures invoked.")
    for key, methods in _PROCEDURES.items():
        values = [int(value) for value in lines.get(key, ["0"])[1:]]
        values += [0] * (len(methods) - len(values))  # older kernels know fewer
        for method, value in zip(methods, values, strict=False):
            requests.add(value, {"proto": key[-1], "method": method})
    yield requests


def _split(line: str) -> tuple[str, list[str]]:
    key, *values = line.split()
    return key, values
