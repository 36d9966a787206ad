"""Open files of the whole machine."""

from collections.abc import Iterator

from exporters.files import attribute
from exporters.node.host import Host
from exporters.node.registry import collectors
from pharos.exposition import Metric, gauge


@collectors.register("filefd")
def filefd(host: Host) -> Iterator[Metric]:
    """File descriptor statistics."""
    allocated, _, maximum = attribute(host.proc("sys/fs/file-nr")).split()
    yield gauge("node_filefd_allocated", "File descriptor statistics: allocated.", int(allocated))
    yield gauge("node_filefd_maximum", "File descriptor statistics: maximum.", int(maximum))
