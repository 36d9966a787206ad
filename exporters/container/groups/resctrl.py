"""Memory bandwidth and last level cache, from the monitoring groups that runc or an operator has made in /sys/fs/resctrl.

`<group>/tasks` names the threads of a group, `<group>/mon_data/mon_L3_<id>/` has its figures (Documentation/arch/x86/resctrl.rst). This
exporter only reads: a container without a group of its own has no figures here.
"""

import os
from collections.abc import Iterator
from typing import Final

from exporters.container.groups.registry import Container, Emit, Families, groups
from exporters.files import entries, read_lines, try_integer

_COUNTED: Final = "counted with RDT Memory Bandwidth Monitoring (MBM)."
FAMILIES: Final[Families] = {
    "container_memory_bandwidth_bytes": (
        "gauge", f"Total memory bandwidth usage statistics for container {_COUNTED}",
    ),
    "container_memory_bandwidth_local_bytes": (
        "gauge", f"Local memory bandwidth usage statistics for container {_COUNTED}",
    ),
    "container_llc_occupancy_bytes": ("gauge", f"Last level cache usage statistics for container {_COUNTED}"),
}  # fmt: skip
_FILES: Final = {
    "mbm_total_bytes": "container_memory_bandwidth_bytes",
    "mbm_local_bytes": "container_memory_bandwidth_local_bytes",
    "llc_occupancy": "container_llc_occupancy_bytes",
}
_NO_GROUPS: Final = frozenset({"info", "mon_data", "mon_groups"})


@groups.register("resctrl", default=False, families=FAMILIES)
class Resctrl:
    """Memory bandwidth and last level cache of containers that have a resctrl group of their own (CPUs with RDT)."""

    def __init__(self) -> None:
        self._folders: dict[str, str] | None = None

    def __call__(self, container: Container, emit: Emit) -> None:
        root = f"{container.sysfs}/fs/resctrl"
        if container.cgroup.id == "/":
            _read(root, emit)
            return
        if self._folders is None:
            self._folders = dict(_tasks(root))
        folder = next((self._folders[pid] for pid in container.cgroup.pids() if pid in self._folders), None)
        if folder is not None:
            _read(folder, emit)

    def keep(self, _: set[str]) -> None:
        """Tasks move: at the next scrape they are looked up anew."""
        self._folders = None


def _tasks(root: str) -> Iterator[tuple[str, str]]:
    """Threads and the folders of their groups; a monitoring group comes after the group it lies in."""
    controls = [f"{root}/{name}" for name in _folders(root)]
    for control in controls:
        yield from _members(control)
    for control in (root, *controls):
        for name in _folders(f"{control}/mon_groups"):
            yield from _members(f"{control}/mon_groups/{name}")


def _folders(folder: str) -> list[str]:
    """The names of groups in a folder, among files and folders of other kinds."""
    return [name for name in entries(folder) if name not in _NO_GROUPS and os.path.isdir(f"{folder}/{name}/mon_data")]


def _members(folder: str) -> Iterator[tuple[str, str]]:
    try:
        yield from ((task, folder) for task in read_lines(f"{folder}/tasks"))
    except FileNotFoundError:  # the group has just been removed
        return


def _read(folder: str, emit: Emit) -> None:
    for name in entries(f"{folder}/mon_data"):
        if not name.startswith("mon_L3_"):
            continue
        for file, family in _FILES.items():
            value = try_integer(f"{folder}/mon_data/{name}/{file}")  # `Unavailable` until the hardware has counted
            if value is not None:
                emit(family, value, {"node_id": str(int(name.removeprefix("mon_L3_")))})
