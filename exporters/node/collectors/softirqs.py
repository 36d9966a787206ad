"""Soft interrupts by CPU."""

from collections.abc import Iterator

from exporters.files import read_lines
from exporters.node.host import Host
from exporters.node.registry import collectors
from pharos.exposition import Metric, counter


@collectors.register("softirqs", default=False)
def softirqs(host: Host) -> Iterator[Metric]:
    """Detailed softirq statistics of /proc/softirqs."""
    family = counter("node_softirqs_functions_total", "Softirq counts per CPU.")
    header, *lines = read_lines(host.proc("softirqs"))
    cpus = [name.removeprefix("CPU") for name in header.split()]
    for line in lines:
        kind, _, values = line.partition(":")
        for cpu, value in zip(cpus, values.split(), strict=False):
            family.add(int(value), {"cpu": cpu, "type": kind.strip()})
    yield family
