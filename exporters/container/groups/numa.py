"""Memory per NUMA node."""

from typing import Final

from exporters.container.groups.registry import Container, Emit, Families, groups

NAME: Final = "container_memory_numa_pages"
FAMILIES: Final[Families] = {NAME: ("gauge", "Number of used pages per NUMA node")}
_TYPES: Final = ("file", "anon", "unevictable")
_PAGE_BYTES: Final = 4096


@groups.register("memory_numa", default=False, families=FAMILIES)
def memory_numa(container: Container, emit: Emit) -> None:
    """Pages per node, type and scope. v1 counts pages (`anon=5 N0=5`), v2 bytes (`anon N0=20480`)."""
    for line in container.cgroup.content("memory", "memory.numa_stat").splitlines():
        key, *nodes = line.split()
        name, divisor = (key, _PAGE_BYTES) if container.cgroup.version == 2 else (key.partition("=")[0], 1)
        kind = name.removeprefix("hierarchical_")
        if kind not in _TYPES:
            continue
        scope = "hierarchy" if name.startswith("hierarchical_") or container.cgroup.version == 2 else "container"
        for node in nodes:
            number, _, value = node.removeprefix("N").partition("=")
            emit(NAME, int(value) // divisor, {"type": kind, "scope": scope, "node": number})
