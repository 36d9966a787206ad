"""Chosen kernel settings of /proc/sys."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from exporters.files import attribute
from exporters.node.host import Host
from exporters.node.options import option
from exporters.node.registry import collectors
from exporters.table import Table
from pharos.exposition import Metric


@dataclass(frozen=True, slots=True)
class SysctlOptions:
    """Which settings: `fs.file-nr`, or with names for its values `fs.file-nr:total,current,max`."""

    include: tuple[str, ...] = option((), "Select sysctl metrics to include (repeatable).")
    include_info: tuple[str, ...] = option((), "Select sysctl metrics to include as info metrics (repeatable).")


@collectors.register("sysctl", default=False, options=SysctlOptions)
def sysctl(host: Host, options: SysctlOptions) -> Iterator[Metric]:
    """Metrics of /proc/sys."""
    table = Table()
    for wanted in options.include:
        name, _, keys = wanted.partition(":")
        _numbers(name, [key for key in keys.split(",") if key], _values(host, name), table)
    for name in options.include_info:
        for index, value in enumerate(_values(host, name)):
            labels = {"name": name, "value": value, "index": str(index)}
            table.gauge("node_sysctl_info", "sysctl info", 1, labels)
    yield from table


def _values(host: Host, name: str) -> list[str]:
    return attribute(host.proc("sys/" + name.replace(".", "/"))).split()


def _numbers(name: str, keys: list[str], values: list[str], table: Table) -> None:
    family = "node_sysctl_" + re.sub("[^a-zA-Z0-9_]", "_", name)
    if keys and len(keys) != len(values):
        raise ValueError(f"sysctl {name} has {len(values)} values, but {len(keys)} names are given for them")
    for index, value in enumerate(values):
        if keys:
            table.add("untyped", f"{family}_{keys[index]}", f"sysctl {name}, field {index}", float(value), {})
        else:
            labels = {"index": str(index)} if len(values) > 1 else {}
            table.add("untyped", family, f"sysctl {name}", float(value), labels)
