"""ZFS, from the kstat files of its kernel module."""

from collections.abc import Iterator
from typing import Final

from exporters.files import attribute, entries, read_lines
from exporters.node.host import Host
from exporters.node.registry import NoData, collectors
from exporters.table import Table
from pharos.exposition import Metric

# Prefix of the families -> file.
_FILES: Final = {
    "abd": "abdstats", "arc": "arcstats", "dbuf": "dbufstats", "dmu_tx": "dmu_tx", "dnode": "dnodestats", "fm": "fm",
    "vdev_cache": "vdev_cache_stats", "vdev_mirror": "vdev_mirror_stats", "xuio": "xuio_stats", "zfetch": "zfetchstats",
    "zil": "zil",
}  # fmt: skip
_STATES: Final = ("online", "degraded", "faulted", "offline", "removed", "unavail", "suspended")
# Types of kstat values that are 64 bit integers, signed and unsigned.
_INTEGERS: Final = ("3", "4")


@collectors.register("zfs")
def zfs(host: Host) -> Iterator[Metric]:
    """ZFS performance statistics of /proc/spl/kstat/zfs."""
    base = host.proc("spl/kstat/zfs")
    present = entries(base)
    if not present:
        raise NoData("no ZFS")
    table = Table()
    for prefix, file in _FILES.items():
        if file in present:
            for key, value in _kstat(f"{base}/{file}"):
                name = f"node_zfs_{prefix}_{key.replace('-', '_')}"
                table.add("untyped", name, f"kstat.zfs.misc.{file}.{key}", value, {})
    for pool in present:
        files = entries(f"{base}/{pool}") if pool not in _FILES.values() else []
        _pool(f"{base}/{pool}", pool, files, table)
    yield from table


def _kstat(path: str) -> Iterator[tuple[str, int]]:
    """The integers of a kstat file, which stand below the line `name type data`."""
    begun = False
    for line in read_lines(path):
        parts = line.split()
        if parts == ["name", "type", "data"]:
            begun = True
        elif begun and len(parts) == 3 and parts[1] in _INTEGERS:
            yield parts[0], int(parts[2])


def _pool(folder: str, pool: str, files: list[str], table: Table) -> None:
    for file in files:
        if file == "io":
            header, values = (line.split() for line in read_lines(f"{folder}/io")[1:3])
            for key, value in zip(header, values, strict=True):
                text = f"kstat.zfs.misc.io.{key}"
                table.add("untyped", f"node_zfs_zpool_{key}", text, int(value), {"zpool": pool})
        elif file.startswith("objset-"):
            _dataset(f"{folder}/{file}", pool, table)
        elif file == "state":
            current = attribute(f"{folder}/state").lower()
            for state in _STATES:
                labels = {"zpool": pool, "state": state}
                table.gauge("node_zfs_zpool_state", "kstat.zfs.misc.state", int(state == current), labels)


def _dataset(path: str, pool: str, table: Table) -> None:
    lines = (line.split(None, 2) for line in read_lines(path))  # the name may hold blanks
    name = next((parts[2] for parts in lines if parts[:1] == ["dataset_name"] and len(parts) == 3), "")
    for key, value in _kstat(path):
        text, labels = f"kstat.zfs.misc.objset.{key}", {"zpool": pool, "dataset": name}
        table.add("untyped", f"node_zfs_zpool_dataset_{key}", text, value, labels)
