"""The kernel's entropy pool."""

from collections.abc import Iterator

from exporters.files import integer
from exporters.node.host import Host
from exporters.node.registry import collectors
from pharos.exposition import Metric, gauge


@collectors.register("entropy")
def entropy(host: Host) -> Iterator[Metric]:
    """Available entropy."""
    folder = host.proc("sys/kernel/random")
    yield gauge("node_entropy_available_bits", "Bits of available entropy.", integer(f"{folder}/entropy_avail"))
    yield gauge("node_entropy_pool_size_bits", "Bits of entropy pool.", integer(f"{folder}/poolsize"))
