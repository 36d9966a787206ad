"""Memory that processes of a container have touched, as the kernel marks it in their page tables."""

from typing import Final

from exporters.container.groups.registry import Container, Emit, Families, groups
from exporters.files import read_lines

FAMILIES: Final[Families] = {
    "container_referenced_bytes": ("gauge", "Container referenced bytes during last measurements cycle"),
}


@groups.register("referenced_memory", default=False, families=FAMILIES)
def referenced_memory(container: Container, emit: Emit) -> None:
    """Bytes marked as referenced since the marks were last cleared; the marks are left as they are. Slow for large processes."""
    pids = container.cgroup.pids() if container.name.kind == "container" else []
    if pids:
        emit("container_referenced_bytes", sum(_referenced(f"{container.procfs}/{pid}/smaps_rollup") for pid in pids))


def _referenced(path: str) -> int:
    """Bytes; 0 for a process that is gone or not ours to look at."""
    try:
        lines = read_lines(path)
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Referenced:"))
