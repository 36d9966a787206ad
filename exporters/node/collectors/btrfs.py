"""Btrfs file systems, from sysfs."""

from collections.abc import Iterator

from exporters.files import entries, integer, read_lines, try_attribute, try_integer
from exporters.node.host import Host
from exporters.node.registry import collectors
from exporters.table import Table
from pharos.exposition import Metric

_SECTOR_BYTES = 512


@collectors.register("btrfs")
def btrfs(host: Host) -> Iterator[Metric]:
    """Statistics of /sys/fs/btrfs."""
    base = host.sys("fs/btrfs")
    table = Table()
    for uuid in entries(base):
        if "-" in uuid:
            _filesystem(f"{base}/{uuid}", {"uuid": uuid}, table)
    yield from table


def _filesystem(folder: str, labels: dict[str, str], table: Table) -> None:
    label = try_attribute(f"{folder}/label") or ""
    table.gauge("node_btrfs_info", "Filesystem information", 1, {**labels, "label": label})
    reserve = integer(f"{folder}/allocation/global_rsv_size")
    table.gauge("node_btrfs_global_rsv_size_bytes", "Size of global reserve.", reserve, labels)
    _commits(folder, labels, table)
    devices = [name for name in entries(f"{folder}/devices") if "size" in entries(f"{folder}/devices/{name}")]
    for kind in ("data", "metadata", "system"):
        _allocation(f"{folder}/allocation/{kind}", {**labels, "block_group_type": kind}, len(devices), table)
    for device in devices:
        size = integer(f"{folder}/devices/{device}/size") * _SECTOR_BYTES
        text = "Size of a device that is part of the filesystem."
        table.gauge("node_btrfs_device_size_bytes", text, size, {**labels, "device": device})


def _commits(folder: str, labels: dict[str, str], table: Table) -> None:
    try:
        stats = {key: int(value) for key, value in (line.split() for line in read_lines(f"{folder}/commit_stats"))}
    except FileNotFoundError:  # newer than the rest: Linux 6.0
        stats = {}
    text = "The total number of commits that have occurred."
    table.counter("node_btrfs_commits_total", text, stats.get("commits", 0), labels)
    text = "Duration of the most recent commit, in seconds."
    table.gauge("node_btrfs_last_commit_seconds", text, stats.get("last_commit_ms", 0) / 1000, labels)
    text = "Duration of the slowest commit, in seconds."
    table.gauge("node_btrfs_max_commit_seconds", text, stats.get("max_commit_ms", 0) / 1000, labels)
    text = "Sum of the duration of all commits, in seconds."
    table.counter("node_btrfs_commit_seconds_total", text, stats.get("total_commit_ms", 0) / 1000, labels)


def _allocation(folder: str, labels: dict[str, str], devices: int, table: Table) -> None:
    reserved = try_integer(f"{folder}/bytes_reserved")
    table.gauge("node_btrfs_reserved_bytes", "Amount of space reserved for a data type", reserved, labels)
    for mode in entries(folder):
        total = try_integer(f"{folder}/{mode}/total_bytes")
        if total is None:
            continue
        where = {**labels, "mode": mode}
        used = integer(f"{folder}/{mode}/used_bytes")
        table.gauge("node_btrfs_used_bytes", "Amount of used space by a layout/data type", used, where)
        table.gauge("node_btrfs_size_bytes", "Amount of space allocated for a layout/data type", total, where)
        text = "Data allocation ratio for a layout/data type"
        table.gauge("node_btrfs_allocation_ratio", text, ratio(mode, devices), where)


def ratio(mode: str, devices: int) -> float:
    """Bytes on disk for each byte of data."""
    copies = {"dup": 2, "raid1": 2, "raid10": 2, "raid1c3": 3, "raid1c4": 4}.get(mode, 1)
    parity = {"raid5": 1, "raid6": 2}.get(mode, 0)
    if parity:
        return devices / (devices - parity) if devices > parity else 0.0
    return float(copies)
