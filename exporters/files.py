"""Reading the small files of /proc and /sys with as few system calls as they allow.

Expected absence is `FileNotFoundError` and friends (`OSError`); the `try_` readers turn it into None.
"""

import os
import resource
from collections.abc import Iterator
from typing import Final

from exporters.kept import KeptFiles, kernel_devices

_BLOCK: Final = 65536
_ATTRIBUTE: Final = 4096
_FLAGS: Final = os.O_RDONLY | os.O_CLOEXEC
_MOST_KEPT: Final = 1024

_kept = KeptFiles()


def keep_open() -> None:
    """From now on the files of /proc and /sys that are read stay open: for a process that reads the same ones again and again."""
    global _kept  # noqa: PLW0603 - descriptors belong to the process
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    spare = _MOST_KEPT if most == resource.RLIM_INFINITY else min(_MOST_KEPT, most // 2)
    _kept = KeptFiles(kernel_devices(read_text("/proc/self/mountinfo")), spare)


def let_go() -> None:
    """Close what `keep_open` has kept."""
    global _kept  # noqa: PLW0603
    _kept = KeptFiles()


def read_bytes(path: str) -> bytes:
    """The whole file. /proc hands out long files in pieces, so this reads until the end. Raises `OSError`."""
    kept = _kept.read(path, _BLOCK, whole=True)
    if kept is not None:
        return kept
    descriptor = os.open(path, _FLAGS)
    try:
        data = os.read(descriptor, _BLOCK)
        pieces = [data]
        while data:
            data = os.read(descriptor, _BLOCK)
            pieces.append(data)
    finally:
        if not _kept.take(path, descriptor):
            os.close(descriptor)
    return pieces[0] if len(pieces) < 3 else b"".join(pieces)


def read_text(path: str) -> str:
    """The whole file as text; bytes that are no UTF-8 are replaced. Raises `OSError`."""
    return read_bytes(path).decode("utf-8", "replace")


def read_lines(path: str) -> list[str]:
    """The lines of a file, without the empty end. Raises `OSError`."""
    return read_text(path).splitlines()


def attribute(path: str) -> str:
    """A sysfs attribute: one read, blanks around it removed. Raises `OSError`."""
    data = _kept.read(path, _ATTRIBUTE, whole=False)
    if data is None:
        data = _read_once(path)
    return data.decode("utf-8", "replace").strip(" \t\r\n\0")


def _read_once(path: str) -> bytes:
    descriptor = os.open(path, _FLAGS | os.O_NONBLOCK)
    try:
        data = os.read(descriptor, _ATTRIBUTE)
    finally:
        if not _kept.take(path, descriptor):
            os.close(descriptor)
    return data


def try_attribute(path: str) -> str | None:
    """A sysfs attribute, or None when it is absent or cannot be read now (many drivers answer EINVAL or EAGAIN)."""
    try:
        return attribute(path)
    except OSError:
        return None


def integer(path: str) -> int:
    """A whole number, decimal or `0x` hexadecimal. Raises `OSError` or `ValueError`."""
    text = attribute(path)
    return int(text, 16) if text.startswith(("0x", "-0x")) else int(text)


def try_integer(path: str) -> int | None:
    """A whole number, or None when there is none."""
    try:
        return integer(path)
    except (OSError, ValueError):
        return None


def entries(path: str) -> list[str]:
    """The sorted names in a folder; none when the folder is absent. Raises `OSError` for other failures."""
    try:
        return sorted(os.listdir(path))
    except FileNotFoundError:
        return []


def words(path: str) -> Iterator[list[str]]:
    """The lines of a file, split at blanks. Raises `OSError`."""
    for line in read_lines(path):
        yield line.split()
