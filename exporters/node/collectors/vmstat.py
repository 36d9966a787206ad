"""Virtual memory counters of /proc/vmstat."""

from collections.abc import Iterator
from dataclasses import dataclass

from exporters.files import read_text
from exporters.node.host import Host
from exporters.node.options import Filter, check_pattern, option
from exporters.node.registry import collectors
from pharos.exposition import Metric, untyped


@dataclass(frozen=True, slots=True)
class VmstatOptions:
    """Which fields."""

    fields: str = option("^(oom_kill|pgpg|pswp|pg.*fault).*", "Regexp of fields to return for vmstat collector.")

    def __post_init__(self) -> None:
        check_pattern(self, "fields")


@collectors.register("vmstat", options=VmstatOptions)
class Vmstat:
    """Statistics from /proc/vmstat."""

    def __init__(self, host: Host, options: VmstatOptions) -> None:
        self._path, self._filter = host.proc("vmstat"), Filter(include=options.fields)

    def __call__(self) -> Iterator[Metric]:
        allows = self._filter.allows
        for line in read_text(self._path).splitlines():
            key, _, value = line.partition(" ")
            if allows(key):
                yield untyped(f"node_vmstat_{key}", f"/proc/vmstat information field {key}.", int(value))
