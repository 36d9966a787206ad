"""Disk I/O of /proc/diskstats, with what udev knows about the disks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from exporters.files import read_lines, try_attribute
from exporters.node.host import Host
from exporters.node.options import Filter, check_pattern, option
from exporters.node.registry import collectors
from pharos.exposition import Metric, counter, gauge

_SECTOR_BYTES: Final = 512

# The columns of the file from the fourth on: family, help, factor (Documentation/admin-guide/iostats.rst).
_COLUMNS: Final[tuple[tuple[Callable[[str, str], Metric], str, str, float], ...]] = (
    (counter, "reads_completed_total", "The total number of reads completed successfully.", 1),
    (counter, "reads_merged_total", "The total number of reads merged.", 1),
    (counter, "read_bytes_total", "The total number of bytes read successfully.", _SECTOR_BYTES),
    (counter, "read_time_seconds_total", "The total number of seconds spent by all reads.", 0.001),
    (counter, "writes_completed_total", "The total number of writes completed successfully.", 1),
    (counter, "writes_merged_total", "The number of writes merged.", 1),
    (counter, "written_bytes_total", "The total number of bytes written successfully.", _SECTOR_BYTES),
    (counter, "write_time_seconds_total", "This is the total number of seconds spent by all writes.", 0.001),
    (gauge, "io_now", "The number of I/Os currently in progress.", 1),
    (counter, "io_time_seconds_total", "Total seconds spent doing I/Os.", 0.001),
    (counter, "io_time_weighted_seconds_total", "The weighted # of seconds spent doing I/Os.", 0.001),
    (counter, "discards_completed_total", "The total number of discards completed successfully.", 1),
    (counter, "discards_merged_total", "The total number of discards merged.", 1),
    (counter, "discarded_sectors_total", "The total number of sectors discarded successfully.", 1),
    (counter, "discard_time_seconds_total", "This is the total number of seconds spent by all discards.", 0.001),
    (counter, "flush_requests_total", "The total number of flush requests completed successfully", 1),
    (counter, "flush_requests_time_seconds_total", "This is the total number of seconds spent by all flush requests.", 0.001),
)  # fmt: skip
_ATA: Final = {
    "ID_ATA_WRITE_CACHE": ("ata_write_cache", "ATA disk has a write cache."),
    "ID_ATA_WRITE_CACHE_ENABLED": ("ata_write_cache_enabled", "ATA disk has its write cache enabled."),
    "ID_ATA_ROTATION_RATE_RPM": ("ata_rotation_rate_rpm", "ATA disk rotation rate in RPMs (0 for SSDs)."),
}


@dataclass(frozen=True, slots=True)
class DiskstatsOptions:
    """Which devices."""

    device_include: str = option("", "Regexp of diskstats devices to include (instead of device-exclude).")
    device_exclude: str = option(
        r"^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$",
        "Regexp of diskstats devices to exclude.",
        aliases=("ignored-devices",),
    )

    def __post_init__(self) -> None:
        check_pattern(self, "device_include", "device_exclude")


@collectors.register("diskstats", options=DiskstatsOptions)
class Diskstats:
    """Disk I/O statistics."""

    def __init__(self, host: Host, options: DiskstatsOptions) -> None:
        self._host = host
        self._filter = Filter(options.device_include, options.device_exclude)

    def __call__(self) -> Iterator[Metric]:
        figures = [make(f"node_disk_{name}", text) for make, name, text, _ in _COLUMNS]
        infos = _Infos()
        for line in read_lines(self._host.proc("diskstats")):
            major, minor, device, *columns = line.split()
            if not self._filter.allows(device):
                continue
            labels = {"device": device}
            for family, (_, _, _, factor), column in zip(figures, _COLUMNS, columns, strict=False):
                family.samples.append(("", labels, int(column) * factor, None))
            rotational = try_attribute(self._host.sys(f"block/{device}/queue/rotational"))
            infos.add(device, major, minor, rotational == "1", udev_properties(self._host, f"b{major}:{minor}"))
        yield from figures
        yield from infos.families()


class _Infos:
    """The families made from udev's properties."""

    def __init__(self) -> None:
        self._disk = gauge("node_disk_info", "Info of /sys/block/<block_device>.")
        self._filesystem = gauge("node_disk_filesystem_info", "Info about disk filesystem.")
        self._mapper = gauge("node_disk_device_mapper_info", "Info about disk device mapper.")
        self._ata = {key: gauge(f"node_disk_{name}", text) for key, (name, text) in _ATA.items()}

    def add(self, device: str, major: str, minor: str, rotational: bool, udev: dict[str, str]) -> None:
        serials = (udev.get(key) for key in ("SCSI_IDENT_SERIAL", "ID_SERIAL_SHORT", "ID_SERIAL"))
        self._disk.add(
            1,
            {
                "device": device,
                "major": major,
                "minor": minor,
                "path": udev.get("ID_PATH", ""),
                "wwn": udev.get("ID_WWN", ""),
                "model": udev.get("ID_MODEL", ""),
                "serial": next(filter(None, serials), ""),
                "revision": udev.get("ID_REVISION", ""),
                "rotational": "1" if rotational else "0",
            },
        )
        if udev.get("ID_FS_TYPE"):
            keys = {"type": "ID_FS_TYPE", "usage": "ID_FS_USAGE", "uuid": "ID_FS_UUID", "version": "ID_FS_VERSION"}
            self._filesystem.add(1, {"device": device} | {label: udev.get(key, "") for label, key in keys.items()})
        if udev.get("DM_NAME"):
            labels = ("name", "uuid", "vg_name", "lv_name", "lv_layer")
            self._mapper.add(1, {"device": device} | {label: udev.get(f"DM_{label.upper()}", "") for label in labels})
        if udev.get("ID_ATA"):
            for key, family in self._ata.items():
                if udev.get(key, "").isdigit():
                    family.add(int(udev[key]), {"device": device})

    def families(self) -> Iterator[Metric]:
        yield from (self._disk, self._filesystem, self._mapper, *self._ata.values())


def udev_properties(host: Host, device: str) -> dict[str, str]:
    """The properties (`E:` lines) udev keeps about a device; none when udev does not run."""
    try:
        lines = read_lines(host.udev(device))
    except OSError:
        return {}
    pairs = (line[2:].partition("=") for line in lines if line.startswith("E:"))
    return {key: value for key, _, value in pairs}
