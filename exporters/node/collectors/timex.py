"""The kernel's clock discipline, from adjtimex(2)."""

import ctypes
import os
from collections.abc import Iterator
from typing import Final

from exporters.node.host import Host
from exporters.node.registry import NoData, collectors
from pharos.exposition import Metric, counter, gauge

_TIME_ERROR: Final = 5
_STA_NANO: Final = 0x2000
# Frequencies are parts per million with a 16 bit fraction.
_PPM: Final = 65536 * 1_000_000
_US: Final = 1_000_000
_NS: Final = 1_000_000_000


class _Timex(ctypes.Structure):
    """struct timex (sys/timex.h)."""

    _fields_ = [
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("constant", ctypes.c_long),
        ("precision", ctypes.c_long),
        ("tolerance", ctypes.c_long),
        ("seconds", ctypes.c_long),
        ("microseconds", ctypes.c_long),
        ("tick", ctypes.c_long),
        ("ppsfreq", ctypes.c_long),
        ("jitter", ctypes.c_long),
        ("shift", ctypes.c_int),
        ("stabil", ctypes.c_long),
        ("jitcnt", ctypes.c_long),
        ("calcnt", ctypes.c_long),
        ("errcnt", ctypes.c_long),
        ("stbcnt", ctypes.c_long),
        ("tai", ctypes.c_int),
        ("padding", ctypes.c_int * 11),
    ]


@collectors.register("timex")
class Timex:
    """Selected adjtimex(2) system call statistics."""

    def __init__(self, _: Host) -> None:
        self._call = ctypes.CDLL(None, use_errno=True).adjtimex

    def __call__(self) -> Iterator[Metric]:
        timex = _Timex()
        state = self._call(ctypes.byref(timex))
        if state == -1:
            number = ctypes.get_errno()
            raise NoData(f"adjtimex: {os.strerror(number)}")
        divisor = _NS if timex.status & _STA_NANO else _US
        for make, name, text, value in (
            (gauge, "sync_status", "Is clock synchronized to a reliable server (1 = yes, 0 = no).", int(state != _TIME_ERROR)),
            (gauge, "offset_seconds", "Time offset in between local system and reference clock.", timex.offset / divisor),
            (gauge, "frequency_adjustment_ratio", "Local clock frequency adjustment.", 1 + timex.freq / _PPM),
            (gauge, "maxerror_seconds", "Maximum error in seconds.", timex.maxerror / _US),
            (gauge, "estimated_error_seconds", "Estimated error in seconds.", timex.esterror / _US),
            (gauge, "status", "Value of the status array bits.", timex.status),
            (gauge, "loop_time_constant", "Phase-locked loop time constant.", timex.constant),
            (gauge, "tick_seconds", "Seconds between clock ticks.", timex.tick / _US),
            (gauge, "pps_frequency_hertz", "Pulse per second frequency.", timex.ppsfreq / _PPM),
            (gauge, "pps_jitter_seconds", "Pulse per second jitter.", timex.jitter / divisor),
            (gauge, "pps_shift_seconds", "Pulse per second interval duration.", timex.shift),
            (gauge, "pps_stability_hertz", "Pulse per second stability, average of recent frequency changes.", timex.stabil / _PPM),
            (counter, "pps_jitter_total", "Pulse per second count of jitter limit exceeded events.", timex.jitcnt),
            (counter, "pps_calibration_total", "Pulse per second count of calibration intervals.", timex.calcnt),
            (counter, "pps_error_total", "Pulse per second count of calibration errors.", timex.errcnt),
            (counter, "pps_stability_exceeded_total", "Pulse per second count of stability limit exceeded events.", timex.stbcnt),
            (gauge, "tai_offset_seconds", "International Atomic Time (TAI) offset.", timex.tai),
        ):  # fmt: skip
            yield make(f"node_timex_{name}", text, value)
