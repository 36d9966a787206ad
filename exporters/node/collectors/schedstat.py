"""The scheduler's accounts per CPU."""

from collections.abc import Iterator
from typing import Final

from exporters.files import read_lines
from exporters.node.host import Host
from exporters.node.registry import collectors
from pharos.exposition import Metric, counter

_NS: Final = 1_000_000_000


@collectors.register("schedstat")
def schedstat(host: Host) -> Iterator[Metric]:
    """Task scheduler statistics of /proc/schedstat."""
    running = counter("node_schedstat_running_seconds_total", "Number of seconds CPU spent running a process.")
    waiting = counter(
        "node_schedstat_waiting_seconds_total", "Number of seconds spent by processing waiting for this CPU."
    )
    slices = counter("node_schedstat_timeslices_total", "Number of timeslices executed by CPU.")
    for line in read_lines(host.proc("schedstat")):
        if line.startswith("cpu"):
            name, *columns = line.split()
            labels = {"cpu": name[3:]}
            running.add(int(columns[6]) / _NS, labels)
            waiting.add(int(columns[7]) / _NS, labels)
            slices.add(int(columns[8]), labels)
    yield from (running, waiting, slices)
