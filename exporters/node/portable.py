"""The basic set on systems other than Linux, through psutil: CPU, memory, load, disks, file systems, network, uname, time.

Names are those that node_exporter uses on macOS and the BSDs where it has them.
"""

import os
import time
from collections.abc import Iterator
from typing import Final

import psutil

from exporters.node.host import Host
from exporters.node.registry import Factory
from exporters.table import Table
from pharos.exposition import Metric, gauge
from pharos.registry import Registry

_DISK: Final = (
    ("read_count", "reads_completed_total", 1, "The total number of reads completed successfully."),
    ("write_count", "writes_completed_total", 1, "The total number of writes completed successfully."),
    ("read_bytes", "read_bytes_total", 1, "The total number of bytes read successfully."),
    ("write_bytes", "written_bytes_total", 1, "The total number of bytes written successfully."),
    ("read_time", "read_time_seconds_total", 0.001, "The total number of seconds spent by all reads."),
    ("write_time", "write_time_seconds_total", 0.001, "This is the total number of seconds spent by all writes."),
)
_NETWORK: Final = {
    "bytes_recv": "receive_bytes", "bytes_sent": "transmit_bytes", "packets_recv": "receive_packets",
    "packets_sent": "transmit_packets", "errin": "receive_errs", "errout": "transmit_errs", "dropin": "receive_drop",
    "dropout": "transmit_drop",
}  # fmt: skip


def register(registry: Registry[Factory]) -> None:
    """Add the collectors of this module to a registry."""
    for collect in (cpu, meminfo, loadavg, diskstats, filesystem, netdev, uname, time_of_day):
        registry.register("time" if collect is time_of_day else collect.__name__)(collect)


def cpu(_: Host) -> Iterator[Metric]:
    """CPU statistics."""
    table = Table()
    for index, times in enumerate(psutil.cpu_times(percpu=True)):
        for mode in ("user", "nice", "system", "idle"):
            labels = {"cpu": str(index), "mode": mode}
            value = getattr(times, mode, None)
            table.counter("node_cpu_seconds_total", "Seconds the CPUs spent in each mode.", value, labels)
    yield from table


def meminfo(_: Host) -> Iterator[Metric]:
    """Memory statistics."""
    memory, swap = psutil.virtual_memory(), psutil.swap_memory()
    figures = {key: getattr(memory, key, None) for key in ("total", "free", "active", "inactive", "wired")}
    figures |= {"swap_total": swap.total, "swap_used": swap.used}
    for key, value in figures.items():
        if value is not None:
            yield gauge(f"node_memory_{key}_bytes", f"Memory information field {key}_bytes.", value)


def loadavg(_: Host) -> Iterator[Metric]:
    """Load average of the last 1, 5 and 15 minutes."""
    for minutes, value in zip((1, 5, 15), os.getloadavg(), strict=True):
        yield gauge(f"node_load{minutes}", f"{minutes}m load average.", value)


def diskstats(_: Host) -> Iterator[Metric]:
    """Disk I/O statistics."""
    table = Table()
    for device, counters in psutil.disk_io_counters(perdisk=True).items():
        for key, name, factor, text in _DISK:
            value = getattr(counters, key, None)
            shown = None if value is None else value * factor
            table.counter(f"node_disk_{name}", text, shown, {"device": device})
    yield from table


def filesystem(_: Host) -> Iterator[Metric]:
    """Filesystem statistics, such as disk space used."""
    table = Table()
    for part in psutil.disk_partitions(all=False):
        labels = {"device": part.device, "mountpoint": part.mountpoint, "fstype": part.fstype, "device_error": ""}
        try:
            status = os.statvfs(part.mountpoint)
        except OSError as error:
            labels["device_error"] = error.strerror or str(error)
        else:
            for name, blocks, text in (
                ("size", status.f_blocks, "Filesystem size in bytes."),
                ("free", status.f_bfree, "Filesystem free space in bytes."),
                ("avail", status.f_bavail, "Filesystem space available to non-root users in bytes."),
            ):
                table.gauge(f"node_filesystem_{name}_bytes", text, blocks * status.f_frsize, labels)
        text = "Whether an error occurred while getting statistics for the given device."
        table.gauge("node_filesystem_device_error", text, int(bool(labels["device_error"])), labels)
    yield from table


def netdev(_: Host) -> Iterator[Metric]:
    """Network interface statistics such as bytes transferred."""
    table = Table()
    for device, counters in psutil.net_io_counters(pernic=True).items():
        for key, name in _NETWORK.items():
            text = f"Network device statistic {name}."
            table.counter(f"node_network_{name}_total", text, getattr(counters, key), {"device": device})
    yield from table


def uname(_: Host) -> Iterator[Metric]:
    """System information as provided by the uname system call."""
    names = ("sysname", "nodename", "release", "version", "machine")
    labels = dict(zip(names, os.uname(), strict=True))
    yield gauge("node_uname_info", "Labeled system information as provided by the uname system call.", 1, labels)


def time_of_day(host: Host) -> Iterator[Metric]:
    """The current system time and when the machine was started."""
    local = time.localtime(host.clock.now())
    yield gauge("node_time_seconds", "System time in seconds since epoch (1970).", host.clock.now())
    zone = {"time_zone": local.tm_zone}
    yield gauge("node_time_zone_offset_seconds", "System time zone offset in seconds.", local.tm_gmtoff, zone)
    yield gauge("node_boot_time_seconds", "Node boot time, in unixtime.", psutil.boot_time())
