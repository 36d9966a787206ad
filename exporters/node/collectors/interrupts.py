"""Interrupts by kind and CPU."""

from collections.abc import Iterator
from dataclasses import dataclass

from exporters.files import read_lines
from exporters.node.host import Host
from exporters.node.options import Filter, check_pattern, option
from exporters.node.registry import collectors
from pharos.exposition import Metric, counter


@dataclass(frozen=True, slots=True)
class InterruptsOptions:
    """Which interrupts; the patterns see `name;info;devices`."""

    name_include: str = option("", "Regexp of interrupts name to include (instead of name-exclude).")
    name_exclude: str = option("", "Regexp of interrupts name to exclude.")
    include_zeros: bool = option(True, "Include interrupts that have a zero value.")

    def __post_init__(self) -> None:
        check_pattern(self, "name_include", "name_exclude")


@collectors.register("interrupts", default=False, options=InterruptsOptions)
class Interrupts:
    """Detailed interrupts statistics of /proc/interrupts."""

    def __init__(self, host: Host, options: InterruptsOptions) -> None:
        self._path, self._zeros = host.proc("interrupts"), options.include_zeros
        self._filter = Filter(options.name_include, options.name_exclude)

    def __call__(self) -> Iterator[Metric]:
        family = counter("node_interrupts_total", "Interrupt details.")
        header, *lines = read_lines(self._path)
        cpus = [name.removeprefix("CPU") for name in header.split()]
        for line in lines:
            name, _, rest = line.partition(":")
            parts = rest.split()
            if len(parts) <= len(cpus):  # ERR and MIS are not counted by CPU
                continue
            name, about = name.strip(), parts[len(cpus) :]
            info, devices = (about[0], " ".join(about[1:])) if name.isdigit() else (" ".join(about), "")
            if not self._filter.allows(f"{name};{info};{devices}"):
                continue
            for cpu, value in zip(cpus, parts, strict=False):
                if value != "0" or self._zeros:
                    family.add(int(value), {"cpu": cpu, "type": name, "info": info, "devices": devices})
        yield family
