"""What a container was given: CPU shares, quota, memory limits, and when it was made."""

from typing import Final

from exporters.container.groups.registry import Container, Emit, Families, groups

# The kernel rounds "no limit" down to a page; whatever is larger than this is none.
_UNLIMITED: Final = 1 << 62

FAMILIES: Final[Families] = {
    "container_creation_time_seconds": ("gauge", "Container creation time since unix epoch in seconds."),
    "container_start_time_seconds": ("gauge", "Start time of the container since unix epoch in seconds."),
    "container_spec_cpu_period": ("gauge", "CPU period of the container."),
    "container_spec_cpu_quota": ("gauge", "CPU quota of the container."),
    "container_spec_cpu_shares": ("gauge", "CPU share of the container."),
    "container_spec_memory_limit_bytes": ("gauge", "Memory limit for the container."),
    "container_spec_memory_swap_limit_bytes": ("gauge", "Memory swap limit for the container."),
    "container_spec_memory_reservation_limit_bytes": ("gauge", "Memory reservation limit for the container."),
}


@groups.register("spec", families=FAMILIES)
def spec(container: Container, emit: Emit) -> None:
    """Limits and the time of creation."""
    created = container.cgroup.created()
    if created is not None:
        emit("container_creation_time_seconds", int(created))
        emit("container_start_time_seconds", int(created))
    if container.cgroup.version == 2:
        _v2(container, emit)
    else:
        _v1(container, emit)


def _v2(container: Container, emit: Emit) -> None:
    group = container.cgroup
    quota = (group.text("cpu", "cpu.max") or "").split()
    if len(quota) == 2:
        emit("container_spec_cpu_period", int(quota[1]))
        if quota[0] != "max":
            emit("container_spec_cpu_quota", int(quota[0]))
    weight = group.number("cpu", "cpu.weight")
    if weight is not None:
        emit("container_spec_cpu_shares", shares(weight))
    for family, file in (("limit", "max"), ("swap_limit", "swap.max"), ("reservation_limit", "min")):
        text = group.text("memory", f"memory.{file}")
        if text is not None:
            emit(f"container_spec_memory_{family}_bytes", limit(text))


def _v1(container: Container, emit: Emit) -> None:
    group = container.cgroup
    for family, file in (("period", "cfs_period_us"), ("shares", "shares")):
        value = group.number("cpu", f"cpu.{file}")
        if value is not None:
            emit(f"container_spec_cpu_{family}", value)
    quota = group.number("cpu", "cpu.cfs_quota_us")
    if quota is not None and quota > 0:
        emit("container_spec_cpu_quota", quota)
    names = (("limit", "limit"), ("swap_limit", "memsw.limit"), ("reservation_limit", "soft_limit"))
    for family, file in names:
        text = group.text("memory", f"memory.{file}_in_bytes")
        if text is not None:
            emit(f"container_spec_memory_{family}_bytes", limit(text))


def limit(text: str) -> int:
    """A limit in bytes, 0 for none."""
    value = _UNLIMITED if text == "max" else int(text)
    return 0 if value >= _UNLIMITED else value


def shares(weight: int) -> int:
    """The v1 shares (2 to 262144) a v2 weight (1 to 10000) stands for, by the OCI runtimes' formula."""
    return 2 + (weight - 1) * 262142 // 9999
