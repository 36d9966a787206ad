"""Who a file is, whatever it is called: device, inode and its first line.

A name says little (rotation renames), an inode alone says little (file systems reuse them at once). The first line, at most 256
bytes, tells a new file from an old one; it is known as soon as there is a line to ship, and never changes afterwards.
"""

import base64
import hashlib
import os
from dataclasses import dataclass
from typing import Final

HEAD_BYTES: Final = 256


@dataclass(frozen=True, slots=True)
class Identity:
    """`generation` counts how often the same file was emptied and began with the same line again."""

    device: int
    inode: int
    head: str
    generation: int = 0

    @property
    def key(self) -> str:
        """Short text for document ids: 11 characters."""
        text = f"{self.device}:{self.inode}:{self.head}:{self.generation}"
        return short_hash(text.encode())


def short_hash(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.blake2b(data, digest_size=8).digest())[:11].decode()


def head_of(fd: int) -> str | None:
    """The hash of the first line; None when the file has no complete one yet."""
    data = os.pread(fd, HEAD_BYTES, 0)
    end = data.find(b"\n")
    if end < 0 and len(data) < HEAD_BYTES:
        return None
    return short_hash(data[: end + 1] if end >= 0 else data)
