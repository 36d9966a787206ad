"""Device-mapper multipath: several ways to one disk."""

from collections.abc import Iterator

from exporters.files import entries, try_attribute, try_integer
from exporters.node.host import Host
from exporters.node.registry import collectors
from exporters.table import Table
from pharos.exposition import Metric

_SECTOR_BYTES = 512
_PREFIX = "node_dmmultipath"


@collectors.register("dmmultipath")
def dmmultipath(host: Host) -> Iterator[Metric]:
    """Multipath devices of /sys/block/dm-*."""
    base = host.sys("block")
    table = Table()
    for name in entries(base):
        uuid = try_attribute(f"{base}/{name}/dm/uuid") if name.startswith("dm-") else None
        if uuid is not None and uuid.startswith("mpath-"):
            _device(base, name, uuid, table)
    yield from table


def _device(base: str, name: str, uuid: str, table: Table) -> None:
    folder = f"{base}/{name}"
    device = try_attribute(f"{folder}/dm/name") or ""
    labels = {"device": device, "sysfs_name": name}
    text = "Non-numeric information about a DM-multipath device."
    table.gauge(f"{_PREFIX}_device_info", text, 1, {**labels, "uuid": uuid})
    active = int(try_attribute(f"{folder}/dm/suspended") != "1")
    text = "Whether the multipath device-mapper device is active (1) or suspended (0)."
    table.gauge(f"{_PREFIX}_device_active", text, active, labels)
    size = (try_integer(f"{folder}/size") or 0) * _SECTOR_BYTES
    text = "Size of the multipath device in bytes, read from /sys/block/<dm>/size."
    table.gauge(f"{_PREFIX}_device_size_bytes", text, size, labels)
    states = {path: try_attribute(f"{base}/{path}/device/state") or "unknown" for path in entries(f"{folder}/slaves")}
    for path, state in states.items():
        where = {"device": device, "path": path, "state": state}
        text = "Reports the underlying device state for a multipath path, as read from /sys/block/<dev>/device/state."
        table.gauge(f"{_PREFIX}_path_state", text, 1, where)
    working = sum(state in ("running", "live") for state in states.values())
    table.gauge(f"{_PREFIX}_device_paths", "Number of paths for a multipath device.", len(states), labels)
    text = "Number of paths in active state (SCSI running or NVMe live) for a multipath device."
    table.gauge(f"{_PREFIX}_device_paths_active", text, working, labels)
    text = "Number of paths not in active state for a multipath device."
    table.gauge(f"{_PREFIX}_device_paths_failed", text, len(states) - working, labels)
