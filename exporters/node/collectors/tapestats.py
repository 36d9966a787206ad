"""SCSI tape drives."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from exporters.files import entries, integer
from exporters.node.host import Host
from exporters.node.options import Filter, check_pattern, option
from exporters.node.registry import NoData, collectors
from exporters.table import Table
from pharos.exposition import Metric, MetricType

# File below stats/ -> family, type, factor, help.
_FILES: Final[dict[str, tuple[str, MetricType, float, str]]] = {
    "in_flight": ("io_now", "gauge", 1, "The number of I/Os currently outstanding to this device."),
    "io_ns": (
        "io_time_seconds_total", "counter", 1e-9,
        "The amount of time spent waiting for all I/O to complete (including read and write). This includes tape"
        " movement commands such as seeking between file or set marks and implicit tape movement such as when rewind"
        " on close tape devices are used.",
    ),
    "other_cnt": (
        "io_others_total", "counter", 1,
        "The number of I/Os issued to the tape drive other than read or write commands. The time taken to complete"
        " these commands uses the following calculation"
        " io_time_seconds_total-read_time_seconds_total-write_time_seconds_total",
    ),
    "read_byte_cnt": ("read_bytes_total", "counter", 1, "The number of bytes read from the tape drive."),
    "read_cnt": ("reads_completed_total", "counter", 1, "The number of read requests issued to the tape drive."),
    "read_ns": (
        "read_time_seconds_total", "counter", 1e-9,
        "The amount of time spent waiting for read requests to complete.",
    ),
    "write_byte_cnt": ("written_bytes_total", "counter", 1, "The number of bytes written to the tape drive."),
    "write_cnt": ("writes_completed_total", "counter", 1, "The number of write requests issued to the tape drive."),
    "write_ns": (
        "write_time_seconds_total", "counter", 1e-9,
        "The amount of time spent waiting for write requests to complete.",
    ),
    "resid_cnt": (
        "residual_total", "counter", 1,
        "The number of times during a read or write we found the residual amount to be non-zero. This should mean that"
        " a program is issuing a read larger thean the block size on tape. For write not all data made it to tape.",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TapestatsOptions:
    """Which drives."""

    ignored_devices: str = option("^$", "Regexp of devices to ignore for tapestats.")

    def __post_init__(self) -> None:
        check_pattern(self, "ignored_devices")


@collectors.register("tapestats", options=TapestatsOptions)
class Tapestats:
    """Statistics of /sys/class/scsi_tape."""

    def __init__(self, host: Host, options: TapestatsOptions) -> None:
        self._base, self._filter = host.sys("class/scsi_tape"), Filter(exclude=options.ignored_devices)

    def __call__(self) -> Iterator[Metric]:
        names = entries(self._base)
        if not names:
            raise NoData("no tape drive")
        table = Table()
        for name in names:
            if re.fullmatch(r"st\d+", name) and self._filter.allows(name):
                for file, (family, kind, factor, text) in _FILES.items():
                    value = integer(f"{self._base}/{name}/stats/{file}") * factor
                    table.add(kind, f"node_tape_{family}", text, value, {"device": name})
        yield from table
