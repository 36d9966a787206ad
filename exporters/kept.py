"""Descriptors of files of /proc and /sys that stay open between scrapes.

Finding and opening such a file costs several times what reading it does (sysfs: 6 us against 1), and the kernel writes its content
anew for each `pread` from the beginning. Only files of procfs and sysfs are kept: one of them that goes away answers with an error,
where an ordinary file that was replaced would go on telling the past. Files of single processes are not kept either.
"""

import errno
import os
from collections.abc import Iterable
from typing import Final

# What the file of a device, module or name space that is gone answers, and one that cannot be read twice.
_GONE: Final = frozenset({errno.ENODEV, errno.ENXIO, errno.EIO, errno.ENOENT, errno.ESRCH, errno.ESPIPE})
_KERNEL: Final = frozenset({"proc", "sysfs"})


class _Descriptor:
    """Closed with its last reader, so that its number is never another file's while somebody reads."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number

    def __del__(self) -> None:
        os.close(self.number)


class KeptFiles:
    """Up to `most` open files of these devices (`st_dev`)."""

    def __init__(self, devices: Iterable[int] = (), most: int = 0) -> None:
        self._devices, self._most = frozenset(devices), most
        self._open: dict[str, _Descriptor] = {}

    def __len__(self) -> int:
        return len(self._open)

    def read(self, path: str, size: int, *, whole: bool) -> bytes | None:
        """The file, or what one read of it gives; None when it is not kept (any more). Raises `OSError`."""
        kept = self._open.get(path)
        if kept is None:
            return None
        try:
            data = os.pread(kept.number, size, 0)
            return _rest(kept.number, size, data) if whole and data else data
        except OSError as error:
            if error.errno not in _GONE:
                raise
            self._open.pop(path, None)
            return None

    def take(self, path: str, descriptor: int) -> bool:
        """Whether this file is kept from now on; if so the descriptor is not the caller's any more."""
        if len(self._open) >= self._most or os.fstat(descriptor).st_dev not in self._devices or _of_a_process(path):
            return False
        self._open[path] = _Descriptor(descriptor)
        return True


def _rest(descriptor: int, size: int, data: bytes) -> bytes:
    """/proc hands out long files in pieces."""
    pieces, length = [data], len(data)
    while data := os.pread(descriptor, size, length):
        pieces.append(data)
        length += len(data)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _of_a_process(path: str) -> bool:
    """`/proc/123/stat`; the files of process 1 are as lasting as the machine."""
    return any(part.isdigit() and part != "1" for part in path.split("/")[:-1])


def kernel_devices(mountinfo: str) -> set[int]:
    """The devices of procfs and sysfs among the mounts of proc_pid_mountinfo(5)."""
    found = set()
    for line in mountinfo.splitlines():
        left, _, right = line.partition(" - ")
        if right.split(" ", 1)[0] in _KERNEL:
            major, _, minor = left.split(" ")[2].partition(":")
            found.add(os.makedev(int(major), int(minor)))
    return found
