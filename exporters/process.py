"""The exporter's own process: the `process_*` families every Prometheus client library has, read from /proc/self."""

import gc
import os
import platform
import resource
import sys
from collections.abc import Iterator
from functools import cache
from typing import Final

from exporters.files import read_text
from pharos import __version__, allocator
from pharos.exposition import Metric, counter, gauge

_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_TICKS: Final = os.sysconf("SC_CLK_TCK")


def process_metrics() -> Iterator[Metric]:
    """CPU, memory, descriptors and start time of this process; nothing where there is no /proc."""
    if sys.platform != "linux":
        return
    fields = read_text("/proc/self/stat").rpartition(")")[2].split()
    yield counter(
        "process_cpu_seconds_total",
        "Total user and system CPU time spent in seconds.",
        (int(fields[11]) + int(fields[12])) / _TICKS,
    )
    yield gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.", int(fields[20]))
    most = resource.getrlimit(resource.RLIMIT_AS)[0]
    shown = 2**64 - 1 if most == resource.RLIM_INFINITY else most
    yield gauge("process_virtual_memory_max_bytes", "Maximum amount of virtual memory available in bytes.", shown)
    yield gauge("process_resident_memory_bytes", "Resident memory size in bytes.", int(fields[21]) * _PAGE)
    yield gauge(
        "process_start_time_seconds",
        "Start time of the process since unix epoch in seconds.",
        _boot_time() + int(fields[19]) / _TICKS,
    )
    yield gauge("process_open_fds", "Number of open file descriptors.", len(os.listdir("/proc/self/fd")))
    yield gauge("process_max_fds", "Maximum number of open file descriptors.", os.sysconf("SC_OPEN_MAX"))


def build_info(name: str) -> Iterator[Metric]:
    """`<name>_build_info`."""
    yield gauge(
        f"{name}_build_info",
        f"A metric with a constant '1' value labeled by version and python version of {name}.",
        1,
        {"version": __version__, "pythonversion": platform.python_version(), "platform": sys.platform},
    )


@cache
def _boot_time() -> float:
    lines = read_text("/proc/stat").splitlines()
    return float(next(line for line in lines if line.startswith("btime ")).split()[1])


def settle() -> None:
    """After starting up: give the system back what that has used and left, and look no more at what stays for ever.

    About 1 MB that a small exporter would hold on to, and a third less work for each full collection of garbage.
    """
    gc.collect()
    gc.freeze()
    allocator.give_back()
