"""Which groups of metrics are read: ours by name, and cAdvisor's names for them, so that its flags can be taken over as they are."""

from collections.abc import Iterable, Iterator
from typing import Final

from exporters.container.groups.registry import groups

# cAdvisor's name -> ours. What an empty name stands for is always there.
_NAMES: Final = {"disk": "filesystem", "diskIO": "diskio", "oom_event": "", "cpu_topology": ""}
# What is not offered, and what is to be had instead.
_ABSENT: Final = {
    "accelerator": "cAdvisor has dropped it; use the exporter of the device's maker",
    "app": "let the collector scrape the application itself",
    "cpuLoad": "container_pressure_cpu_waiting_seconds_total tells it better",
}


def group_names(disabled: Iterable[str], enabled: Iterable[str]) -> tuple[str, ...]:
    """The groups that are on by default, with these changes. Raises `KeyError` for an unknown one or one that is not offered."""
    off, on = set(_own(disabled)), set(_own(enabled))
    for name in sorted(on & _ABSENT.keys()):
        raise KeyError(f"container_group {name!r} is not offered: {_ABSENT[name]}")
    for name in sorted((off - _ABSENT.keys()) | on):
        _ = groups[name]
    return tuple(plugin.name for plugin in groups if plugin.name in on or (plugin.default and plugin.name not in off))


def _own(names: Iterable[str]) -> Iterator[str]:
    return (own for own in (_NAMES.get(name, name) for name in names) if own)
