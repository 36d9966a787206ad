"""What the NFS client did for each mount."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from exporters.files import read_lines
from exporters.node.host import Host
from exporters.node.registry import collectors
from exporters.node.tables.mountstats import BYTES, EVENTS, OPERATIONS, TRANSPORT
from exporters.table import Table
from pharos.exposition import Metric

# The kernel lets some times run below zero; what is left of them below 2^53 is what a float can hold.
_MANTISSA: Final = 1 << 53


@dataclass(slots=True)
class _Mount:
    """A block of /proc/self/mountstats; `place` is its number among all blocks."""

    device: str
    point: str
    place: int
    lines: dict[str, list[str]] = field(default_factory=dict)
    transports: list[list[str]] = field(default_factory=list)
    operations: list[list[str]] = field(default_factory=list)


@collectors.register("mountstats", default=False)
def mountstats(host: Host) -> Iterator[Metric]:
    """NFS statistics of /proc/self/mountstats, equal mounts of an export told once."""
    table = Table()
    exports: set[tuple[str, str, str]] = set()
    points: set[tuple[str, ...]] = set()
    addresses = [_address(line) for line in read_lines(host.proc("self/mountinfo"))]
    for mount in parse_mountstats(read_lines(host.proc("self/mountstats"))):
        # Both files list the mounts in the same order, but only this one tells the server's address.
        address = addresses[mount.place] if mount.place < len(addresses) else ""
        for transport in mount.transports[:1]:
            key = (mount.device, transport[0], address)
            labels = dict(zip(("export", "protocol", "mountaddr"), key, strict=True))
            if (*key, mount.point) not in points:
                points.add((*key, mount.point))
                where = {**labels, "mountpoint": mount.point}
                text = "Info metric for an NFS mountpoint."
                table.gauge("node_mountstats_nfs_mountpoint_info", text, 1, where)
            if key not in exports:
                exports.add(key)
                _mount(mount, labels, table)
    yield from table


def _mount(mount: _Mount, labels: dict[str, str], table: Table) -> None:
    age = float(mount.lines["age"][0])
    table.counter("node_mountstats_nfs_age_seconds_total", "The age of the NFS mount in seconds.", age, labels)
    for names, key in ((BYTES, "bytes"), (EVENTS, "events")):
        for entry, value in zip(names, mount.lines.get(key, []), strict=False):
            if entry is not None:
                table.counter(f"node_mountstats_nfs_{entry[0]}_total", entry[1], int(value), labels)
    for index, transport in enumerate(mount.transports):
        figures = _transport(transport)
        for name, kind, text in TRANSPORT:
            where = {**labels, "transport": str(index)}
            table.add(kind, f"node_mountstats_nfs_transport_{name}", text, figures.get(name, 0), where)
    for operation, *values in mount.operations:
        where = {**labels, "operation": operation.rstrip(":")}
        for (name, divisor, text), value in zip(OPERATIONS, values, strict=False):
            number = int(value) % _MANTISSA / divisor if divisor > 1 else int(value)
            table.counter(f"node_mountstats_nfs_operations_{name}_total", text, number, where)


def _transport(values: list[str]) -> dict[str, int]:
    """The figures of an `xprt:` line. UDP has no connection and so fewer of them."""
    protocol, _, *rest = values
    names = ["bind_total", "connect_total", "", "idle_time_seconds"] if protocol != "udp" else ["bind_total"]
    names += ["sends_total", "receives_total", "bad_transaction_ids_total", "", "backlog_queue_total"]
    names += ["maximum_rpc_slots", "sending_queue_total", "pending_queue_total"]
    return {name: int(value) % _MANTISSA for name, value in zip(names, rest, strict=False) if name}


def parse_mountstats(lines: list[str]) -> list[_Mount]:
    """The NFS mounts of the file."""
    mounts: list[_Mount] = []
    current: _Mount | None = None
    operations, place = False, -1
    for line in lines:
        parts = line.split()
        if line.startswith("device "):
            current, operations, place = None, False, place + 1
            if len(parts) > 7 and parts[7] in ("nfs", "nfs4"):
                current = _Mount(parts[1], parts[4], place)
                mounts.append(current)
        elif current is not None and parts:
            if parts[0] == "per-op":
                operations = True
            elif operations:
                current.operations.append(parts)
            elif parts[0] == "xprt:":
                current.transports.append(parts[1:])
            else:
                current.lines[parts[0].rstrip(":")] = parts[1:]
    return mounts


def _address(mountinfo: str) -> str:
    """The option `addr=` of a line of mountinfo."""
    options = mountinfo.rpartition(" ")[2].split(",")
    return next((option.removeprefix("addr=") for option in options if option.startswith("addr=")), "")
