"""CPU sets."""

from typing import Final

from exporters.container.groups.registry import Container, Emit, Families, groups

FAMILIES: Final[Families] = {"container_memory_migrate": ("gauge", "Memory migrate status.")}


@groups.register("cpuset", default=False, families=FAMILIES)
def cpuset(container: Container, emit: Emit) -> None:
    """Whether memory moves with the CPU set (cgroup v1 only)."""
    migrate = container.cgroup.number("cpuset", "cpuset.memory_migrate")
    if migrate is not None:
        emit("container_memory_migrate", migrate)
