"""Free blocks of memory by size."""

from collections.abc import Iterator

from exporters.files import words
from exporters.node.host import Host
from exporters.node.registry import collectors
from pharos.exposition import Metric, gauge


@collectors.register("buddyinfo", default=False)
def buddyinfo(host: Host) -> Iterator[Metric]:
    """Statistics of memory fragments as reported by /proc/buddyinfo."""
    family = gauge("node_buddyinfo_blocks", "Count of free blocks according to size.")
    for parts in words(host.proc("buddyinfo")):
        node, zone = parts[1].rstrip(","), parts[3]
        for size, count in enumerate(parts[4:]):
            family.add(int(count), {"node": node, "zone": zone, "size": str(size)})
    yield family
