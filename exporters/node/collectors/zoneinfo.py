"""Memory zones."""

import re
from collections.abc import Iterator
from typing import Final

from exporters.files import read_lines
from exporters.node.host import Host
from exporters.node.registry import collectors
from exporters.table import Table
from pharos.exposition import Metric, MetricType

# Key of /proc/zoneinfo -> family, type, help.
_KEYS: Final[dict[str, tuple[str, MetricType, str]]] = {
    "min": ("min_pages", "gauge", "Zone watermark pages_min"),
    "low": ("low_pages", "gauge", "Zone watermark pages_low"),
    "high": ("high_pages", "gauge", "Zone watermark pages_high"),
    "scanned": ("scanned_pages", "gauge", "Pages scanned since last reclaim"),
    "spanned": ("spanned_pages", "gauge", "Total pages spanned by the zone, including holes"),
    "present": ("present_pages", "gauge", "Physical pages existing within the zone"),
    "managed": ("managed_pages", "gauge", "Present pages managed by the buddy system"),
    "nr_free_pages": ("nr_free_pages", "gauge", "Total number of free pages in the zone"),
    "nr_active_anon": ("nr_active_anon_pages", "gauge", "Number of anonymous pages recently more used"),
    "nr_inactive_anon": ("nr_inactive_anon_pages", "gauge", "Number of anonymous pages recently less used"),
    "nr_isolated_anon": ("nr_isolated_anon_pages", "gauge", "Temporary isolated pages from anon lru"),
    "nr_anon_pages": ("nr_anon_pages", "gauge", "Number of anonymous pages currently used by the system"),
    "nr_anon_transparent_hugepages": (
        "nr_anon_transparent_hugepages", "gauge",
        "Number of anonymous transparent huge pages currently used by the system",
    ),
    "nr_active_file": ("nr_active_file_pages", "gauge", "Number of active pages with file-backing"),
    "nr_inactive_file": ("nr_inactive_file_pages", "gauge", "Number of inactive pages with file-backing"),
    "nr_isolated_file": ("nr_isolated_file_pages", "gauge", "Temporary isolated pages from file lru"),
    "nr_file_pages": ("nr_file_pages", "gauge", "Number of file pages"),
    "nr_slab_reclaimable": ("nr_slab_reclaimable_pages", "gauge", "Number of reclaimable slab pages"),
    "nr_slab_unreclaimable": ("nr_slab_unreclaimable_pages", "gauge", "Number of unreclaimable slab pages"),
    "nr_mlock_stack": ("nr_mlock_stack_pages", "gauge", "mlock()ed pages found and moved off LRU"),
    "nr_kernel_stack": ("nr_kernel_stacks", "gauge", "Number of kernel stacks"),
    "nr_mapped": ("nr_mapped_pages", "gauge", "Number of mapped pages"),
    "nr_dirty": ("nr_dirty_pages", "gauge", "Number of dirty pages"),
    "nr_writeback": ("nr_writeback_pages", "gauge", "Number of writeback pages"),
    "nr_unevictable": ("nr_unevictable_pages", "gauge", "Number of unevictable pages"),
    "nr_shmem": ("nr_shmem_pages", "gauge", "Number of shmem pages (included tmpfs/GEM pages)"),
    "nr_dirtied": ("nr_dirtied_total", "counter", "Page dirtyings since bootup"),
    "nr_written": ("nr_written_total", "counter", "Page writings since bootup"),
    "numa_hit": ("numa_hit_total", "counter", "Allocated in intended node"),
    "numa_miss": ("numa_miss_total", "counter", "Allocated in non intended node"),
    "numa_foreign": ("numa_foreign_total", "counter", "Was intended here, hit elsewhere"),
    "numa_interleave": ("numa_interleave_total", "counter", "Interleaver preferred this zone"),
    "numa_local": ("numa_local_total", "counter", "Allocation from local node"),
    "numa_other": ("numa_other_total", "counter", "Allocation from other node"),
}  # fmt: skip


@collectors.register("zoneinfo", default=False)
def zoneinfo(host: Host) -> Iterator[Metric]:
    """Statistics of memory zones as reported by /proc/zoneinfo."""
    table = Table()
    labels: dict[str, str] = {}
    for line in read_lines(host.proc("zoneinfo")):
        begin = re.match(r"Node (\d+), zone\s+(\S+)", line)
        if begin is not None:
            labels = {"node": begin[1], "zone": begin[2]}
            continue
        key, *values = line.split()
        if key == "protection:":
            for index, value in enumerate(re.findall(r"\d+", line)):
                text = f"Protection array {index}. field"
                table.gauge(f"node_zoneinfo_protection_{index}", text, int(value), labels)
        elif key in _KEYS and len(values) == 1:
            name, kind, text = _KEYS[key]
            table.add(kind, f"node_zoneinfo_{name}", text, int(values[0]), labels)
    yield from table
