"""Load average."""

from collections.abc import Iterator

from exporters.files import read_text
from exporters.node.host import Host
from exporters.node.registry import collectors
from pharos.exposition import Metric, gauge


@collectors.register("loadavg")
def loadavg(host: Host) -> Iterator[Metric]:
    """Load average of the last 1, 5 and 15 minutes."""
    one, five, fifteen = read_text(host.proc("loadavg")).split()[:3]
    yield gauge("node_load1", "1m load average.", float(one))
    yield gauge("node_load5", "5m load average.", float(five))
    yield gauge("node_load15", "15m load average.", float(fifteen))
