"""Reading the small files of /proc and /sys with as few system calls as they allow.

Expected absence is `FileNotFoundError` and friends (`OSError`); the `try_` readers turn it into None.
"""

import os
from collections.abc import Iterator
from typing import Final

_BLOCK: Final = 65536
_FLAGS: Final = os.O_RDONLY | os.O_CLOEXEC


def read_bytes(path: str) -> bytes:
    """The whole file. /proc hands out long files in pieces, so this reads until the end. Raises `OSError`."""
    descriptor = os.open(path, _FLAGS)
    try:
        data = os.read(descriptor, _BLOCK)
        if not data:
            return data
        pieces = [data]
        while data := os.read(descriptor, _BLOCK):
            pieces.append(data)
    finally:
        os.close(descriptor)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def read_text(path: str) -> str:
    """The whole file as text; bytes that are no UTF-8 are replaced. Raises `OSError`."""
    return read_bytes(path).decode("utf-8", "replace")


def read_lines(path: str) -> list[str]:
    """The lines of a file, without the empty end. Raises `OSError`."""
    return read_text(path).splitlines()


def attribute(path: str) -> str:
    """A sysfs attribute: one read, blanks around it removed. Raises `OSError`."""
    descriptor = os.open(path, _FLAGS | os.O_NONBLOCK)
    try:
        return os.read(descriptor, 4096).decode("utf-8", "replace").strip(" \t\r\n\0")
    finally:
        os.close(descriptor)


def folder(path: str) -> int:
    """A descriptor of a folder, for `attribute_in`: many files of one folder are found without walking its path each time."""
    return os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)


def attribute_in(descriptor: int, name: str) -> str | None:
    """A sysfs attribute of an opened folder, or None when it is absent or cannot be read now."""
    try:
        file = os.open(name, _FLAGS | os.O_NONBLOCK, dir_fd=descriptor)
    except OSError:
        return None
    try:
        return os.read(file, 4096).decode("utf-8", "replace").strip(" \t\r\n\0")
    except OSError:
        return None
    finally:
        os.close(file)


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
