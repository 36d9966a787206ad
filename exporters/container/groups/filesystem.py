"""Disk space a container's writable layer uses. Walking its files is expensive: off by default, done beside the scrapes, kept for minutes."""

import os
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Final

from exporters.container.groups.registry import Container, Emit, Families, groups
from exporters.files import read_lines

FAMILIES: Final[Families] = {
    "container_fs_usage_bytes": ("gauge", "Number of bytes that are consumed by the container on this filesystem."),
    "container_fs_limit_bytes": (
        "gauge", "Number of bytes that can be consumed by the container on this filesystem.",
    ),
    "container_fs_inodes_free": ("gauge", "Number of available Inodes"),
    "container_fs_inodes_total": ("gauge", "Number of Inodes"),
}  # fmt: skip
KEEP_S: Final = 300.0
_BLOCK: Final = 512


@dataclass(frozen=True, slots=True)
class Usage:
    """What was found in a folder, and when (monotonic seconds)."""

    measured: float
    used: int
    size: int
    inodes: int
    inodes_free: int


@groups.register("filesystem", default=False, families=FAMILIES)
class Filesystem:
    """Bytes and inodes of the writable layer. The first scrapes of a container are without them, until they have been counted."""

    def __init__(self) -> None:
        self._known: dict[str, Usage] = {}
        self._waiting: deque[str] = deque()
        self._busy = threading.Lock()

    def __call__(self, container: Container, emit: Emit) -> None:
        if not container.pid:
            return
        folder = writable_layer(f"{container.procfs}/{container.pid}/mountinfo")
        if not folder:
            return
        usage = self._known.get(folder)
        if (usage is None or time.monotonic() - usage.measured > KEEP_S) and folder not in self._waiting:
            self._waiting.append(folder)
            if self._busy.acquire(blocking=False):
                threading.Thread(target=self._count, name="disk-usage", daemon=True).start()
        if usage is not None:
            labels = {"device": folder}
            emit("container_fs_usage_bytes", usage.used, labels)
            emit("container_fs_limit_bytes", usage.size, labels)
            emit("container_fs_inodes_free", usage.inodes_free, labels)
            emit("container_fs_inodes_total", usage.inodes, labels)

    def _count(self) -> None:
        try:
            while self._waiting:
                folder = self._waiting[0]
                status = os.statvfs(folder)
                size, free = status.f_blocks * status.f_frsize, status.f_ffree
                self._known[folder] = Usage(time.monotonic(), disk_usage(folder), size, status.f_files, free)
                self._waiting.popleft()
        except OSError:
            self._waiting.clear()  # the container has gone meanwhile
        finally:
            self._busy.release()


def writable_layer(mountinfo: str) -> str:
    """The upper folder of the overlay a process has as its root; empty for other kinds of root."""
    try:
        lines = read_lines(mountinfo)
    except OSError:
        return ""
    for line in lines:
        left, _, right = line.partition(" - ")
        if left.split(" ")[4] == "/" and right.startswith("overlay "):
            options = right.split(" ")[-1].split(",")
            return next((option.removeprefix("upperdir=") for option in options if option.startswith("upperdir=")), "")
    return ""


def disk_usage(folder: str) -> int:
    """Bytes on disk of all files below a folder, hard links once, other filesystems left out."""
    total, stack = 0, [folder]
    device, seen = os.lstat(folder).st_dev, set[int]()
    while stack:
        try:
            with os.scandir(stack.pop()) as found:
                for entry in found:
                    status = entry.stat(follow_symlinks=False)
                    if status.st_dev != device or status.st_ino in seen:
                        continue
                    if status.st_nlink > 1:
                        seen.add(status.st_ino)
                    total += status.st_blocks * _BLOCK
                    if entry.is_dir(follow_symlinks=False):
                        stack.append(entry.path)
        except OSError:
            continue
    return total
