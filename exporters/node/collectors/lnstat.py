"""Caches of the network stack."""

from collections.abc import Iterator

from exporters.files import entries, read_lines
from exporters.node.host import Host
from exporters.node.registry import NoData, collectors
from exporters.table import Table
from pharos.exposition import Metric


@collectors.register("lnstat", default=False)
def lnstat(host: Host) -> Iterator[Metric]:
    """Statistics of /proc/net/stat."""
    base = host.proc("net/stat")
    files = entries(base)
    if not files:
        raise NoData("no /proc/net/stat")
    table = Table()
    for file in files:
        header, *rows = read_lines(f"{base}/{file}")
        columns = header.split()
        for cpu, row in enumerate(rows):
            labels = {"subsystem": file, "cpu": str(cpu)}
            for column, value in zip(columns, row.split(), strict=False):
                table.counter(f"node_lnstat_{column}_total", "linux network cache stats", int(value, 16), labels)
    yield from table
