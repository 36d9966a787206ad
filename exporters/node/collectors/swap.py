"""Swap areas."""

from collections.abc import Iterator

from exporters.files import read_lines
from exporters.node.host import Host
from exporters.node.registry import collectors
from pharos.exposition import Metric, gauge


@collectors.register("swap", default=False)
def swap(host: Host) -> Iterator[Metric]:
    """Swap devices of /proc/swaps."""
    size = gauge("node_swap_size_bytes", "Swap device size in bytes.")
    used = gauge("node_swap_used_bytes", "Swap device used in bytes.")
    priority = gauge("node_swap_priority", "Swap device priority.")
    for line in read_lines(host.proc("swaps"))[1:]:
        device, kind, size_kib, used_kib, rank = line.split()
        labels = {"device": device, "swap_type": kind}
        size.add(int(size_kib) * 1024, labels)
        used.add(int(used_kib) * 1024, labels)
        priority.add(int(rank), labels)
    yield from (size, used, priority)
