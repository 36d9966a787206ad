"""NVMe controllers and their namespaces."""

import re
from collections.abc import Iterator

from exporters.files import entries, try_attribute, try_integer
from exporters.node.host import Host
from exporters.node.registry import NoData, collectors
from exporters.table import Table
from pharos.exposition import Metric

_SECTOR_HELP = (
    "Logical block size of the NVMe namespace in bytes. Usually 4Kb."
    " Available in /sys/class/nvme/<device>/<namespace>/queue/logical_block_size"
)


@collectors.register("nvme")
def nvme(host: Host) -> Iterator[Metric]:
    """NVMe statistics of /sys/class/nvme."""
    base = host.sys("class/nvme")
    devices = entries(base)
    if not devices:
        raise NoData("no NVMe controller")
    table = Table()
    for device in devices:
        labels = {
            "device": device,
            "firmware_revision": try_attribute(f"{base}/{device}/firmware_rev") or "",
            "model": try_attribute(f"{base}/{device}/model") or "",
            "serial": try_attribute(f"{base}/{device}/serial") or "",
            "state": try_attribute(f"{base}/{device}/state") or "",
            "cntlid": try_attribute(f"{base}/{device}/cntlid") or "",
        }
        text = "Non-numeric data from /sys/class/nvme/<device>, value is always 1."
        table.gauge("node_nvme_info", text, 1, labels)
        for name in entries(f"{base}/{device}"):
            match = re.fullmatch(r"nvme\d+(?:c\d+)?n(\d+)", name)
            if match is not None:
                _namespace(f"{base}/{device}/{name}", {"device": device, "nsid": match[1]}, table)
    yield from table


def _namespace(folder: str, labels: dict[str, str], table: Table) -> None:
    size = try_integer(f"{folder}/size") or 0
    used = try_integer(f"{folder}/nuse") or 0
    block = try_integer(f"{folder}/queue/logical_block_size") or 0
    info = {**labels, "ana_state": try_attribute(f"{folder}/ana_state") or "unknown"}
    table.gauge("node_nvme_namespace_info", "Information about NVMe namespaces. Value is always 1", 1, info)
    text = "Capacity of the NVMe namespace in bytes. Computed as namespace_size * namespace_logical_block_size"
    table.gauge("node_nvme_namespace_capacity_bytes", text, size * block, labels)
    text = "Size of the NVMe namespace in bytes. Available in /sys/class/nvme/<device>/<namespace>/size"
    table.gauge("node_nvme_namespace_size_bytes", text, size * block, labels)
    text = "Used space of the NVMe namespace in bytes. Available in /sys/class/nvme/<device>/<namespace>/nuse"
    table.gauge("node_nvme_namespace_used_bytes", text, used * block, labels)
    table.gauge("node_nvme_namespace_logical_block_size_bytes", _SECTOR_HELP, block, labels)
