"""CPU time and throttling."""

import os
from typing import Final

from exporters.container.groups.registry import Container, Emit, Families, groups

_NS: Final = 1_000_000_000
_US: Final = 1_000_000
_TICKS: Final = os.sysconf("SC_CLK_TCK")

FAMILIES: Final[Families] = {
    "container_cpu_user_seconds_total": ("counter", "Cumulative user cpu time consumed in seconds."),
    "container_cpu_system_seconds_total": ("counter", "Cumulative system cpu time consumed in seconds."),
    "container_cpu_usage_seconds_total": ("counter", "Cumulative cpu time consumed in seconds."),
    "container_cpu_cfs_periods_total": ("counter", "Number of elapsed enforcement period intervals."),
    "container_cpu_cfs_throttled_periods_total": ("counter", "Number of throttled period intervals."),
    "container_cpu_cfs_throttled_seconds_total": (
        "counter", "Total time duration the container has been throttled.",
    ),
    "container_cpu_cfs_burst_periods_total": ("counter", "Number of periods when burst occurs."),
    "container_cpu_cfs_burst_seconds_total": ("counter", "Total time duration the container has been bursted."),
}  # fmt: skip
USAGE: Final = "container_cpu_usage_seconds_total"


@groups.register("cpu", families=FAMILIES)
def cpu(container: Container, emit: Emit) -> None:
    """CPU time in all, in user and system mode; throttling where there is a quota."""
    if container.cgroup.version == 2:
        _v2(container, emit)
    else:
        _v1(container, emit)


def _v2(container: Container, emit: Emit) -> None:
    stat = container.cgroup.table("cpu", "cpu.stat")
    if "usage_usec" not in stat:
        return
    emit("container_cpu_user_seconds_total", stat["user_usec"] / _US)
    emit("container_cpu_system_seconds_total", stat["system_usec"] / _US)
    emit(USAGE, stat["usage_usec"] / _US, {"cpu": "total"})
    quota = container.cgroup.text("cpu", "cpu.max")
    if quota is not None and not quota.startswith("max"):
        _throttling(stat, emit, "throttled_usec", "burst_usec", _US)


def _v1(container: Container, emit: Emit) -> None:
    group = container.cgroup
    total = group.number("cpuacct", "cpuacct.usage")
    if total is None:
        return
    emit(USAGE, total / _NS, {"cpu": "total"})
    ticks = group.table("cpuacct", "cpuacct.stat")
    if "user" in ticks:
        emit("container_cpu_user_seconds_total", ticks["user"] / _TICKS)
        emit("container_cpu_system_seconds_total", ticks["system"] / _TICKS)
    quota = group.number("cpu", "cpu.cfs_quota_us")
    if quota is not None and quota > 0:
        _throttling(group.table("cpu", "cpu.stat"), emit, "throttled_time", "burst_time", _NS)


def _throttling(stat: dict[str, int], emit: Emit, throttled: str, burst: str, per_second: int) -> None:
    if "nr_periods" not in stat:
        return
    emit("container_cpu_cfs_periods_total", stat["nr_periods"])
    emit("container_cpu_cfs_throttled_periods_total", stat["nr_throttled"])
    emit("container_cpu_cfs_throttled_seconds_total", stat[throttled] / per_second)
    if "nr_bursts" in stat:
        emit("container_cpu_cfs_burst_periods_total", stat["nr_bursts"])
        emit("container_cpu_cfs_burst_seconds_total", stat.get(burst, 0) / per_second)


@groups.register("percpu", default=False, families={USAGE: FAMILIES[USAGE]})
def percpu(container: Container, emit: Emit) -> None:
    """CPU time of each CPU, instead of the sum (cgroup v1 only: v2 does not keep it)."""
    if container.cgroup.version == 1:
        for index, value in enumerate(container.cgroup.content("cpuacct", "cpuacct.usage_percpu").split()):
            emit(USAGE, int(value) / _NS, {"cpu": f"cpu{index:02d}"})
