"""Virtual memory counters of /proc/vmstat."""

from collections.abc import Iterator
from dataclasses import dataclass

from exporters.files import read_text
from exporters.node.fields import Field, Fields
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
        self._fields = Fields(self._family)

    def __call__(self) -> Iterator[Metric]:
        for (name, text), value in self._fields.of(read_text(self._path)):
            yield untyped(name, text, value)

    def _family(self, key: str) -> Field | None:
        allowed = self._filter.allows(key)
        return (f"node_vmstat_{key}", f"/proc/vmstat information field {key}.") if allowed else None
