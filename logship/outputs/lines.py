"""Documents as JSON lines to a file or to stdout: for a look, for pipes, for a machine without a network."""

import os
import sys
from typing import BinaryIO

from logship.outputs.base import Delivery, RetryLaterError


def documents(items: list[bytes]) -> bytes:
    """The document lines of items, without their action lines."""
    return b"".join([item[item.index(b"\n") + 1 :] for item in items])


class FileOutlet:
    """Appends and syncs. A line may stand twice after a crash (there is nobody to ask)."""

    def __init__(self, path: str) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)

    def send(self, items: list[bytes]) -> Delivery:
        """Write all of it. Raises `RetryLaterError`."""
        data = memoryview(documents(items))
        try:
            while data:
                data = data[os.write(self._fd, data) :]
            os.fdatasync(self._fd)
        except OSError as error:
            raise RetryLaterError("write", str(error)) from error
        return Delivery()

    def close(self) -> None:
        os.close(self._fd)


class StdoutOutlet:
    """Writes to stdout."""

    def __init__(self, stream: BinaryIO | None = None) -> None:
        self._stream = stream or sys.stdout.buffer

    def send(self, items: list[bytes]) -> Delivery:
        """Write all of it. Raises `RetryLaterError`."""
        try:
            self._stream.write(documents(items))
            self._stream.flush()
        except OSError as error:
            raise RetryLaterError("write", str(error)) from error
        return Delivery()

    def close(self) -> None:
        self._stream.flush()
