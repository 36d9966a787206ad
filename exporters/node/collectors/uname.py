"""What uname(2) says."""

import ctypes
from collections.abc import Iterator
from typing import Final

from exporters.node.host import Host
from exporters.node.registry import collectors
from pharos.exposition import Metric, gauge

# The struct has six zero-terminated fields of 65 bytes; Python's os.uname leaves out the last one.
_FIELDS: Final = ("sysname", "nodename", "release", "version", "machine", "domainname")


@collectors.register("uname")
def uname(_: Host) -> Iterator[Metric]:
    """System information as provided by the uname system call."""
    buffer = ctypes.create_string_buffer(65 * len(_FIELDS))
    if ctypes.CDLL(None).uname(buffer) != 0:
        raise OSError("uname failed")
    labels = {
        name: buffer.raw[65 * index : 65 * (index + 1)].split(b"\0", 1)[0].decode("utf-8", "replace")
        for index, name in enumerate(_FIELDS)
    }
    yield gauge("node_uname_info", "Labeled system information as provided by the uname system call.", 1, labels)
