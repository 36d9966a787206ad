"""Pressure stall information of /proc/pressure."""

from collections.abc import Iterator
from typing import Final

from exporters.files import read_text
from exporters.node.host import Host
from exporters.node.registry import NoData, collectors
from pharos.exposition import Metric, counter

# Resource -> line of the file -> family and help. The kernel's "full" line of cpu is always zero on a whole machine.
FAMILIES: Final = {
    "cpu": {"some": ("cpu_waiting", "Total time in seconds that processes have waited for CPU time")},
    "io": {
        "some": ("io_waiting", "Total time in seconds that processes have waited due to IO congestion"),
        "full": ("io_stalled", "Total time in seconds no process could make progress due to IO congestion"),
    },
    "memory": {
        "some": ("memory_waiting", "Total time in seconds that processes have waited for memory"),
        "full": ("memory_stalled", "Total time in seconds no process could make progress due to memory congestion"),
    },
    "irq": {"full": ("irq_stalled", "Total time in seconds no process could make progress due to IRQ congestion")},
}


@collectors.register("pressure")
def pressure(host: Host) -> Iterator[Metric]:
    """Pressure stall statistics (PSI)."""
    found = False
    for resource, families in FAMILIES.items():
        try:
            lines = read_text(host.proc(f"pressure/{resource}")).splitlines()
        except OSError:  # irq is newer than the rest; all are absent or refused without CONFIG_PSI and psi=1
            continue
        found = True
        for line in lines:
            kind, _, rest = line.partition(" ")
            if kind in families:
                name, text = families[kind]
                total_us = int(rest.rpartition("total=")[2])
                yield counter(f"node_pressure_{name}_seconds_total", text, total_us / 1_000_000)
    if not found:
        raise NoData("the kernel offers no pressure information")
