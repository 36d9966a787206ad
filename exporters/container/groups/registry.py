"""The registry of metric groups. A group is a function that reads one container and emits values of the families it declares.

@groups.register("cpu", families=FAMILIES)
def cpu(container: Container, emit: Emit) -> None: ...
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from exporters.container.cgroups.hierarchy import Cgroup
from exporters.container.cgroups.names import CgroupName
from pharos.exposition import MetricType
from pharos.registry import Registry

Families: TypeAlias = Mapping[str, tuple[MetricType, str]]


class Emit(Protocol):
    """Takes a value of a declared family, with labels beyond the container's own."""

    def __call__(self, family: str, value: float, labels: Mapping[str, str] | None = None) -> None: ...


@dataclass(frozen=True, slots=True)
class Container:
    """What a group looks at: the cgroup, what its name tells, and where /proc and the host's files are."""

    cgroup: Cgroup
    name: CgroupName
    procfs: str
    sysfs: str
    pid: str = ""
    root_folder: str = ""


Group: TypeAlias = Callable[[Container, Emit], None]
groups: Final[Registry[Group]] = Registry("container_group")
