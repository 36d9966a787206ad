"""Space and inodes of mounted filesystems. A mount that hangs costs its own figures, never the page."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Final

from exporters.deadline import Deadline, Job, Outcome
from exporters.files import read_lines
from exporters.node.host import Host
from exporters.node.options import Filter, check_pattern, option
from exporters.node.registry import collectors
from pharos.durations import Duration
from pharos.exposition import Metric, gauge

_MOUNTS: Final = r"^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)"
_TYPES: Final = (
    "^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660|mqueue|nsfs|overlay|proc|"
    "procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|erofs|sysfs|tracefs)$"
)
# Their figures lie in the kernel's memory, so that asking needs no disk, let alone a network.
_IN_MEMORY: Final = frozenset(
    [
        "ext2",
        "ext3",
        "ext4",
        "xfs",
        "btrfs",
        "f2fs",
        "vfat",
        "exfat",
        "tmpfs",
        "ramfs",
        "devtmpfs",
        "proc",
        "sysfs",
        "cgroup",
        "cgroup2",
        "securityfs",
    ]
)
_SIZES: Final = (
    ("size_bytes", "Filesystem size in bytes."),
    ("free_bytes", "Filesystem free space in bytes."),
    ("avail_bytes", "Filesystem space available to non-root users in bytes."),
    ("files", "Filesystem total file nodes."),
    ("files_free", "Filesystem total free file nodes."),
    ("purgeable_bytes", "Filesystem space available including purgeable space (MacOS specific)."),
)


@dataclass(frozen=True, slots=True)
class FilesystemOptions:
    """Which mounts, and how long one may take."""

    mount_points_exclude: str = option(
        _MOUNTS, "Regexp of mount points to exclude for filesystem collector.", aliases=("ignored-mount-points",)
    )
    mount_points_include: str = option("", "Regexp of mount points to include (instead of mount-points-exclude).")
    fs_types_exclude: str = option(
        _TYPES, "Regexp of filesystem types to exclude for filesystem collector.", aliases=("ignored-fs-types",)
    )
    fs_types_include: str = option("", "Regexp of filesystem types to include (instead of fs-types-exclude).")
    mount_timeout: Duration = option(
        Duration(0.5), "How long to wait for a mount to respond before marking it as stale."
    )

    def __post_init__(self) -> None:
        check_pattern(self, "mount_points_exclude", "mount_points_include", "fs_types_exclude", "fs_types_include")


@dataclass(frozen=True, slots=True)
class Mount:
    """A line of mountinfo: where, what, from where, and whether it can be written to."""

    point: str
    device: str
    fstype: str
    major: str
    minor: str
    read_only: bool


@collectors.register("filesystem", options=FilesystemOptions)
class Filesystem:
    """Filesystem statistics, such as disk space used."""

    def __init__(self, host: Host, options: FilesystemOptions) -> None:
        self._host = host
        self._points = Filter(options.mount_points_include, options.mount_points_exclude)
        self._types = Filter(options.fs_types_include, options.fs_types_exclude)
        self._timeout_s = min(float(options.mount_timeout), host.deadline_s * 0.8)
        self._pool = Deadline("statfs")

    def __call__(self) -> Iterator[Metric]:
        everything = [mount for line in self._mountinfo() if (mount := parse_mount(line, self._host.roots.rootfs))]
        mounts = {mount.point: mount for mount in everything if self._allows(mount)}
        outcomes = self._ask(mounts, _foreign(everything))
        sizes = [gauge(f"node_filesystem_{name}", text) for name, text in _SIZES]
        readonly = gauge("node_filesystem_readonly", "Filesystem read-only status.")
        failed = gauge(
            "node_filesystem_device_error", "Whether an error occurred while getting statistics for the given device."
        )
        info = gauge("node_filesystem_mount_info", "Filesystem mount information.")
        for point, mount in mounts.items():
            outcome = outcomes[point]
            problem = _problem(outcome)
            labels = {"device": mount.device, "mountpoint": point, "fstype": mount.fstype, "device_error": problem}
            failed.add(int(bool(problem)), labels)
            if not outcome.hung:
                readonly.add(int(mount.read_only), labels)
            if not problem:
                for family, value in zip(sizes, _figures(outcome.value), strict=True):
                    family.samples.append(("", labels, value, None))
                where = {"device": mount.device, "major": mount.major, "minor": mount.minor, "mountpoint": point}
                info.add(1, where)
        yield from (*sizes, readonly, failed, info)

    def _allows(self, mount: Mount) -> bool:
        return self._points.allows(mount.point) and self._types.allows(mount.fstype)

    def _ask(self, points: Iterable[str], foreign: tuple[str, ...]) -> dict[str, Outcome]:
        """What statfs(2) says; in threads that may be lost where the way leads over a foreign mount."""
        outcomes: dict[str, Outcome] = {}
        jobs = []
        for point in points:
            job = Job(point, partial(os.statvfs, self._host.root(point)))
            if _below(point).startswith(foreign):
                jobs.append(job)
            else:
                outcomes[point] = _at_once(job)
        return outcomes | (self._pool.run_blocking(jobs, self._timeout_s) if jobs else {})

    def _mountinfo(self) -> list[str]:
        try:
            return read_lines(self._host.proc("1/mountinfo"))
        except (FileNotFoundError, PermissionError):  # hidepid
            return read_lines(self._host.proc("self/mountinfo"))


@lru_cache(maxsize=4096)
def parse_mount(line: str, rootfs: str = "/") -> Mount | None:
    """A mountinfo line (proc_pid_mountinfo(5)); the prefix `rootfs` is taken off the mount point. None for a broken line."""
    left, separator, right = line.partition(" - ")
    fields, behind = left.split(" "), right.split(" ")
    if not separator or len(fields) < 6 or len(behind) < 2:
        return None
    point = _unescape(fields[4])
    if rootfs != "/" and (point == rootfs or point.startswith(rootfs + "/")):
        point = point[len(rootfs) :] or "/"
    major, _, minor = fields[2].partition(":")
    read_only = _read_only(fields[5], behind[2] if len(behind) > 2 else "")
    return Mount(point, _unescape(behind[1]), behind[0], major, minor, read_only)


def _read_only(options: str, super_options: str) -> bool:
    above = super_options.split(",")
    return "ro" in options.split(",") or "ro" in above or "emergency_ro" in above


def _unescape(text: str) -> str:
    return text.replace(r"\040", " ").replace(r"\011", "\t").replace(r"\012", "\n").replace(r"\134", "\\")


def _foreign(mounts: Iterable[Mount]) -> tuple[str, ...]:
    """Beginnings of paths where another machine, a process or a medium may have to answer."""
    return tuple(_below(mount.point) for mount in mounts if mount.fstype not in _IN_MEMORY)


def _below(point: str) -> str:
    return f"{point.rstrip('/')}/"


def _at_once(job: Job) -> Outcome:
    try:
        return Outcome(job.work())
    except OSError as error:
        return Outcome(error=error)


def _problem(outcome: Outcome) -> str:
    if outcome.hung:
        return "mountpoint timeout"
    if isinstance(outcome.error, OSError):
        return (outcome.error.strerror or str(outcome.error)).lower()
    return str(outcome.error) if outcome.error else ""


def _figures(status: os.statvfs_result) -> tuple[int, ...]:
    size = status.f_frsize
    return (
        status.f_blocks * size,
        status.f_bfree * size,
        status.f_bavail * size,
        status.f_files,
        status.f_ffree,
        0,
    )
