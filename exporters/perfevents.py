"""perf_event_open(2): counters of the CPUs and of the kernel, for the whole machine or for one cgroup.

struct perf_event_attr (linux/perf_event.h) in its second version: type, size, config, period, sample type, read format, flags, wake-up,
breakpoint type, config1, config2.
"""

import ctypes
import os
import platform
import struct
from typing import Final, NamedTuple

_SYSCALLS: Final = {"x86_64": 298, "aarch64": 241, "riscv64": 241, "s390x": 331, "ppc64le": 319}
_ATTRIBUTES: Final = struct.Struct("=IIQQQQQIIQQ")
_TIME_ENABLED_AND_RUNNING: Final = 3
_CGROUP, _CLOSE_ON_EXEC = 4, 8


class Reading(NamedTuple):
    """`value` is extended to the whole time where counters share the hardware; `ratio` is the part they had it."""

    value: int
    ratio: float


def open_counter(kind: int, config: int, cpu: int, *, cgroup: int = -1, more: tuple[int, int] = (0, 0)) -> int:
    """A descriptor that counts one event on one CPU, of everybody or of an opened cgroup folder. Raises `OSError`."""
    number = _SYSCALLS.get(platform.machine())
    if number is None:
        raise OSError(f"perf_event_open is not known for {platform.machine()}")
    head = _ATTRIBUTES.pack(kind, _ATTRIBUTES.size, config, 0, 0, _TIME_ENABLED_AND_RUNNING, 0, 0, 0, *more)
    flags = _CLOSE_ON_EXEC | (_CGROUP if cgroup >= 0 else 0)
    descriptor = int(ctypes.CDLL(None, use_errno=True).syscall(number, head, cgroup, cpu, -1, flags))
    if descriptor < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return descriptor


def read_counter(descriptor: int) -> Reading:
    """What it has counted so far. Raises `OSError`."""
    return reading(os.read(descriptor, 24))


def reading(data: bytes) -> Reading:
    """Count, time enabled, time running."""
    count, enabled, running = struct.unpack("=QQQ", data)
    if running in (0, enabled):
        return Reading(count, 1.0 if running else 0.0)
    return Reading(int(count * enabled / running), running / enabled)
