"""Energy counters of the CPU (RAPL)."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

from exporters.files import attribute, integer
from exporters.node.host import Host
from exporters.node.options import option
from exporters.node.registry import collectors
from exporters.table import Table
from pharos.exposition import Metric


@dataclass(frozen=True, slots=True)
class RaplOptions:
    """How zones are told apart."""

    enable_zone_label: bool = option(False, "One family with the label rapl_zone instead of one family per zone.")


@collectors.register("rapl", options=RaplOptions)
def rapl(host: Host, options: RaplOptions) -> Iterator[Metric]:
    """Statistics of /sys/class/powercap."""
    base = host.sys("class/powercap")
    seen: dict[str, int] = {}
    table = Table()
    for folder in sorted(os.listdir(base)):
        if ":" not in folder or not folder.startswith(("intel-rapl", "amd-rapl")) or "mmio" in folder:
            continue
        name, index = _zone(attribute(f"{base}/{folder}/name"), seen)
        joules = integer(f"{base}/{folder}/energy_uj") / 1_000_000
        labels = {"index": str(index), "path": f"{base}/{folder}"}
        if options.enable_zone_label:
            zoned = {**labels, "rapl_zone": name}
            table.counter("node_rapl_joules_total", "Current RAPL value in joules", joules, zoned)
        else:
            family = f"node_rapl_{re.sub('[^a-zA-Z0-9_]', '_', name)}_joules_total"
            table.counter(family, f"Current RAPL {name} value in joules", joules, labels)
    yield from table


def _zone(name: str, seen: dict[str, int]) -> tuple[str, int]:
    """`package-1` is package 1; zones without a number are counted."""
    match = re.fullmatch(r"(.+?)-(\d+)", name)
    if match is not None:
        return match[1], int(match[2])
    index = seen.get(name, 0)
    seen[name] = index + 1
    return name, index
