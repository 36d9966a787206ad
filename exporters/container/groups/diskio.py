"""Disk I/O per device."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from exporters.container.groups.registry import Container, Emit, Families, groups
from exporters.files import attribute

FAMILIES: Final[Families] = {
    "container_blkio_device_usage_total": ("counter", "Blkio Device bytes usage"),
    "container_fs_reads_bytes_total": ("counter", "Cumulative count of bytes read"),
    "container_fs_reads_total": ("counter", "Cumulative count of reads completed"),
    "container_fs_writes_bytes_total": ("counter", "Cumulative count of bytes written"),
    "container_fs_writes_total": ("counter", "Cumulative count of writes completed"),
    "container_fs_io_cost_usage_seconds_total": ("counter", "Cumulative IOCost usage in seconds"),
    "container_fs_io_cost_wait_seconds_total": ("counter", "Cumulative IOCost wait in seconds"),
    "container_fs_io_cost_indebt_seconds_total": ("counter", "Cumulative IOCost debt in seconds"),
    "container_fs_io_cost_indelay_seconds_total": ("counter", "Cumulative IOCost delay in seconds"),
}
_FIELD: Final = re.compile(r"([a-z._]+)=(\d+)")
_COUNTS: Final = {
    "rbytes": "container_fs_reads_bytes_total",
    "wbytes": "container_fs_writes_bytes_total",
    "rios": "container_fs_reads_total",
    "wios": "container_fs_writes_total",
}


@groups.register("diskio", families=FAMILIES)
def diskio(container: Container, emit: Emit) -> None:
    """Bytes and operations per block device."""
    for device, figures in _v2(container) if container.cgroup.version == 2 else _v1(container):
        labels = {"device": device_name(device, container.sysfs)}
        major, _, minor = device.partition(":")
        for key, operation in (("rbytes", "Read"), ("wbytes", "Write")):
            if key in figures:
                more = labels | {"major": major, "minor": minor, "operation": operation}
                emit("container_blkio_device_usage_total", figures[key], more)
        for key, family in _COUNTS.items():
            if key in figures:
                emit(family, figures[key], labels)
        for kind in ("usage", "wait", "indebt", "indelay"):
            if f"cost.{kind}" in figures:
                emit(f"container_fs_io_cost_{kind}_seconds_total", figures[f"cost.{kind}"] / 1_000_000, labels)


def _v2(container: Container) -> Iterator[tuple[str, dict[str, int]]]:
    """io.stat: `254:0 rbytes=.. wbytes=.. rios=.. wios=.. dbytes=.. dios=..`."""
    for line in container.cgroup.content("io", "io.stat").splitlines():
        device, _, rest = line.partition(" ")
        yield device, {key: int(value) for key, value in _FIELD.findall(rest)}


def _v1(container: Container) -> Iterator[tuple[str, dict[str, int]]]:
    """blkio.throttle.*: `254:0 Read 4096`; the recursive files exist since Linux 3.17."""
    found: dict[str, dict[str, int]] = {}
    for file, suffix in (("io_service_bytes", "bytes"), ("io_serviced", "ios")):
        name = f"blkio.throttle.{file}"
        text = container.cgroup.content("blkio", f"{name}_recursive") or container.cgroup.content("blkio", name)
        for line in text.splitlines():
            parts = line.split()
            if len(parts) == 3 and parts[1] in ("Read", "Write"):
                found.setdefault(parts[0], {})[f"{parts[1][0].lower()}{suffix}"] = int(parts[2])
    yield from found.items()


@lru_cache(maxsize=1024)
def device_name(number: str, sysfs: str) -> str:
    """`/dev/vda` for `254:0`; empty when sysfs does not know it."""
    try:
        lines = attribute(f"{sysfs}/dev/block/{number}/uevent").splitlines()
    except OSError:
        return ""
    return next((f"/dev/{line.removeprefix('DEVNAME=')}" for line in lines if line.startswith("DEVNAME=")), "")
