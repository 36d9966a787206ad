"""Kernel samepage merging."""

from collections.abc import Iterator
from typing import Final

from exporters.files import try_integer
from exporters.node.host import Host
from exporters.node.registry import collectors
from pharos.exposition import Metric, counter, gauge

_FILES: Final = (
    ("full_scans", counter, "full_scans_total", 1, "How many times all mergeable areas have been scanned."),
    (
        "general_profit", gauge, "general_profit_bytes", 1,
        "How effective is KSM. ksm_saved_pages * sizeof(page) - (all_rmap_items) * sizeof(rmap_item)",
    ),
    (
        "merge_across_nodes", gauge, "merge_across_nodes", 1,
        "Specifies if pages from different NUMA nodes can be merged.",
    ),
    ("pages_shared", gauge, "pages_shared", 1, "How many shared pages are being used."),
    ("pages_sharing", gauge, "pages_sharing", 1, "How many more sites are sharing them i.e. how much saved."),
    ("pages_to_scan", gauge, "pages_to_scan", 1, "How many pages to scan before ksmd goes to sleep."),
    ("pages_unshared", gauge, "pages_unshared", 1, "How many pages unique but repeatedly checked for merging."),
    ("pages_volatile", gauge, "pages_volatile", 1, "How many pages changing too fast to be placed in a tree."),
    ("run", gauge, "run", 1, "The status of ksmd. stopped = 0, running = 1"),
    ("sleep_millisecs", gauge, "sleep_seconds", 1000, "How many seconds ksmd should sleep before next scan."),
)  # fmt: skip


@collectors.register("ksmd", default=False)
def ksmd(host: Host) -> Iterator[Metric]:
    """Kernel and system statistics of /sys/kernel/mm/ksm."""
    for file, make, name, divisor, text in _FILES:
        value = try_integer(host.sys(f"kernel/mm/ksm/{file}"))
        if value is not None:
            yield make(f"node_ksmd_{name}", text, value / divisor)
