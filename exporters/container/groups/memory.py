"""Memory: usage, working set, page cache, swap, faults, reclaim and OOM kills."""

from typing import Final

from exporters.container.groups.registry import Container, Emit, Families, groups

FAMILIES: Final[Families] = {
    "container_memory_cache": ("gauge", "Number of bytes of page cache memory."),
    "container_memory_rss": ("gauge", "Size of RSS in bytes."),
    "container_memory_kernel_usage": ("gauge", "Size of kernel memory allocated in bytes."),
    "container_memory_mapped_file": ("gauge", "Size of memory mapped files in bytes."),
    "container_memory_swap": ("gauge", "Container swap usage in bytes."),
    "container_memory_failcnt": ("counter", "Number of memory usage hits limits"),
    "container_memory_usage_bytes": (
        "gauge", "Current memory usage in bytes, including all memory regardless of when it was accessed",
    ),
    "container_memory_max_usage_bytes": ("gauge", "Maximum memory usage recorded in bytes"),
    "container_memory_working_set_bytes": ("gauge", "Current working set in bytes."),
    "container_memory_total_active_file_bytes": ("gauge", "Current total active file in bytes."),
    "container_memory_total_inactive_file_bytes": ("gauge", "Current total inactive file in bytes."),
    "container_memory_failures_total": ("counter", "Cumulative count of memory allocation failures."),
    "container_memory_file_dirty_bytes": (
        "gauge", "Number of bytes of file cache that has been modified but not yet written back to disk.",
    ),
    "container_memory_file_writeback_bytes": (
        "gauge", "Number of bytes of file cache that is currently being written back to disk.",
    ),
    "container_memory_pgscan_total": (
        "counter", "Cumulative number of pages scanned by the page reclaim algorithm.",
    ),
    "container_memory_pgsteal_total": (
        "counter", "Cumulative number of pages reclaimed by the page reclaim algorithm.",
    ),
    "container_memory_workingset_refault_file_total": (
        "counter", "Cumulative number of refaults of previously evicted file pages.",
    ),
    "container_memory_workingset_refault_anon_total": (
        "counter", "Cumulative number of refaults of previously evicted anonymous pages.",
    ),
    "container_memory_events_high_total": (
        "counter", "Cumulative count of memory.high throttle events for the container",
    ),
    "container_memory_events_max_total": (
        "counter", "Cumulative count of memory.max limit hit events for the container",
    ),
    "container_oom_events_total": ("counter", "Count of out of memory events observed for the container"),
}  # fmt: skip

# Family -> key of memory.stat.
_V2: Final = {
    "container_memory_cache": "file",
    "container_memory_rss": "anon",
    "container_memory_kernel_usage": "kernel",
    "container_memory_mapped_file": "file_mapped",
    "container_memory_total_active_file_bytes": "active_file",
    "container_memory_total_inactive_file_bytes": "inactive_file",
    "container_memory_file_dirty_bytes": "file_dirty",
    "container_memory_file_writeback_bytes": "file_writeback",
    "container_memory_pgscan_total": "pgscan",
    "container_memory_pgsteal_total": "pgsteal",
    "container_memory_workingset_refault_file_total": "workingset_refault_file",
    "container_memory_workingset_refault_anon_total": "workingset_refault_anon",
}
_V1: Final = {
    "container_memory_cache": "total_cache",
    "container_memory_rss": "total_rss",
    "container_memory_mapped_file": "total_mapped_file",
    "container_memory_swap": "total_swap",
    "container_memory_total_active_file_bytes": "total_active_file",
    "container_memory_total_inactive_file_bytes": "total_inactive_file",
    "container_memory_file_dirty_bytes": "total_dirty",
    "container_memory_file_writeback_bytes": "total_writeback",
}
_FAULTS: Final = ("pgfault", "pgmajfault")


@groups.register("memory", families=FAMILIES)
def memory(container: Container, emit: Emit) -> None:
    """Memory figures as the kernel accounts them to the container."""
    if container.cgroup.version == 2:
        _v2(container, emit)
    else:
        _v1(container, emit)


def _v2(container: Container, emit: Emit) -> None:
    group = container.cgroup
    stat = group.table("memory", "memory.stat")
    if not stat:
        return
    _emit_stat(_V2, stat, emit)
    for kind in _FAULTS:
        for scope in ("container", "hierarchy"):
            emit("container_memory_failures_total", stat.get(kind, 0), {"failure_type": kind, "scope": scope})
    usage = group.number("memory", "memory.current")
    if usage is None:  # the root group has no memory.current: what is anonymous, cached or the kernel's is in use
        usage = sum(stat.get(key, 0) for key in ("anon", "file", "kernel"))
    _usage(usage, stat.get("inactive_file", 0), emit)
    _emit_number("container_memory_max_usage_bytes", group.number("memory", "memory.peak"), emit)
    _emit_number("container_memory_swap", group.number("memory", "memory.swap.current"), emit)
    events = group.table("memory", "memory.events")
    if events:
        emit("container_memory_failcnt", events.get("max", 0))
        emit("container_memory_events_high_total", events.get("high", 0))
        emit("container_memory_events_max_total", events.get("max", 0))
        emit("container_oom_events_total", events.get("oom_kill", 0))


def _v1(container: Container, emit: Emit) -> None:
    group = container.cgroup
    usage = group.number("memory", "memory.usage_in_bytes")
    if usage is None:
        return
    stat = group.table("memory", "memory.stat")
    _emit_stat(_V1, stat, emit)
    for kind in _FAULTS:
        emit("container_memory_failures_total", stat.get(kind, 0), {"failure_type": kind, "scope": "container"})
        inherited = stat.get(f"total_{kind}", 0)
        emit("container_memory_failures_total", inherited, {"failure_type": kind, "scope": "hierarchy"})
    _usage(usage, stat.get("total_inactive_file", 0), emit)
    _emit_number("container_memory_max_usage_bytes", group.number("memory", "memory.max_usage_in_bytes"), emit)
    _emit_number("container_memory_failcnt", group.number("memory", "memory.failcnt"), emit)
    _emit_number("container_memory_kernel_usage", group.number("memory", "memory.kmem.usage_in_bytes"), emit)
    _emit_number("container_oom_events_total", group.table("memory", "memory.oom_control").get("oom_kill"), emit)


def _emit_stat(keys: dict[str, str], stat: dict[str, int], emit: Emit) -> None:
    for family, key in keys.items():
        value = stat.get(key)
        if value is not None:
            emit(family, value)


def _usage(usage: int, inactive_file: int, emit: Emit) -> None:
    """The working set is what cannot be taken away at once: usage without the inactive page cache."""
    emit("container_memory_usage_bytes", usage)
    emit("container_memory_working_set_bytes", max(0, usage - inactive_file))


def _emit_number(family: str, value: int | None, emit: Emit) -> None:
    if value is not None:
        emit(family, value)
