"""Packet processing per CPU."""

from collections.abc import Iterator
from typing import Final

from exporters.files import read_lines
from exporters.node.host import Host
from exporters.node.registry import collectors
from pharos.exposition import Metric, counter, gauge

# Column of /proc/net/softnet_stat -> family and help (softnet_seq_show() in net/core/net-procfs.c).
_COLUMNS: Final = (
    (0, counter, "processed_total", "Number of processed packets"),
    (1, counter, "dropped_total", "Number of dropped packets"),
    (2, counter, "times_squeezed_total", "Number of times processing packets ran out of quota"),
    (8, counter, "cpu_collision_total", "Number of collision occur while obtaining device lock while transmitting"),
    (9, counter, "received_rps_total", "Number of times cpu woken up received_rps"),
    (10, counter, "flow_limit_count_total", "Number of times flow limit has been reached"),
    (11, gauge, "backlog_len", "Softnet backlog status"),
)
_CPU: Final = 12


@collectors.register("softnet")
def softnet(host: Host) -> Iterator[Metric]:
    """Statistics of /proc/net/softnet_stat."""
    families = [(place, make(f"node_softnet_{name}", text)) for place, make, name, text in _COLUMNS]
    for index, line in enumerate(read_lines(host.proc("net/softnet_stat"))):
        values = [int(cell, 16) for cell in line.split()]
        labels = {"cpu": str(values[_CPU] if len(values) > _CPU else index)}
        for place, family in families:
            family.add(values[place] if place < len(values) else 0, labels)
    yield from (family for _, family in families)
