"""Memory per NUMA node."""

import re
from collections.abc import Iterator
from typing import Final

from exporters.files import entries, read_lines
from exporters.node.host import Host
from exporters.node.registry import collectors
from exporters.table import Table
from pharos.exposition import Metric

_TO_NAME: Final = str.maketrans({"(": "_", ")": ""})


@collectors.register("meminfo_numa", default=False)
def meminfo_numa(host: Host) -> Iterator[Metric]:
    """Memory statistics of /sys/devices/system/node."""
    base = host.sys("devices/system/node")
    table = Table()
    for name in entries(base):
        if not re.fullmatch(r"node\d+", name):
            continue
        labels = {"node": name.removeprefix("node")}
        for line in read_lines(f"{base}/{name}/meminfo"):
            parts = line.split()
            if len(parts) >= 4:
                field = parts[2].rstrip(":").translate(_TO_NAME)
                value = int(parts[3]) * (1024 if parts[-1] == "kB" else 1)
                table.gauge(f"node_memory_numa_{field}", f"Memory information field {field}.", value, labels)
        for line in read_lines(f"{base}/{name}/numastat"):
            key, value_text = line.split()
            text = f"Memory information field {key}_total."
            table.counter(f"node_memory_numa_{key}_total", text, int(value_text), labels)
    yield from table
