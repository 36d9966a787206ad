"""Slabs: the kernel's caches of objects."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from exporters.files import words
from exporters.node.host import Host
from exporters.node.options import Filter, check_pattern, option
from exporters.node.registry import collectors
from pharos.exposition import Metric, gauge

_COLUMNS: Final = (
    ("active_objects", "The number of objects that are currently active (i.e., in use)."),
    ("objects", "The total number of allocated objects (i.e., objects that are both in use and not in use)."),
    ("object_size_bytes", "The size of objects in this slab, in bytes."),
    ("objects_per_slab", "The number of objects stored in each slab."),
    ("pages_per_slab", "The number of pages allocated for each slab."),
)


@dataclass(frozen=True, slots=True)
class SlabinfoOptions:
    """Which slabs."""

    slabs_include: str = option(".*", "Regexp of slabs to include in slabinfo collector.")
    slabs_exclude: str = option("", "Regexp of slabs to exclude in slabinfo collector.")

    def __post_init__(self) -> None:
        check_pattern(self, "slabs_include", "slabs_exclude")


@collectors.register("slabinfo", default=False, options=SlabinfoOptions)
class Slabinfo:
    """Slab statistics of /proc/slabinfo."""

    def __init__(self, host: Host, options: SlabinfoOptions) -> None:
        self._path = host.proc("slabinfo")
        self._include, self._exclude = Filter(options.slabs_include), Filter(exclude=options.slabs_exclude)

    def __call__(self) -> Iterator[Metric]:
        families = [gauge(f"node_slabinfo_{name}", text) for name, text in _COLUMNS]
        for name, *columns in words(self._path):
            if name.startswith(("slabinfo", "#")) or not (self._include.allows(name) and self._exclude.allows(name)):
                continue
            for family, value in zip(families, columns, strict=False):
                family.add(int(value), {"slab": name})
        yield from families
