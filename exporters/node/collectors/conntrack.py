"""Connection tracking."""

from collections.abc import Iterator
from typing import Final

from exporters.files import integer, read_lines
from exporters.node.host import Host
from exporters.node.registry import collectors
from pharos.exposition import Metric, gauge

# Column of /proc/net/stat/nf_conntrack -> help.
_STATS: Final = {
    "found": "Number of searched entries which were successful.",
    "invalid": "Number of packets seen which can not be tracked.",
    "ignore": "Number of packets seen which are already connected to a conntrack entry.",
    "insert": "Number of entries inserted into the list.",
    "insert_failed": "Number of entries for which list insertion was attempted but failed.",
    "drop": "Number of packets dropped due to conntrack failure.",
    "early_drop": "Number of dropped conntrack entries to make room for new ones, if maximum table size was reached.",
    "search_restart": "Number of conntrack table lookups which had to be restarted due to hashtable resizes.",
}


@collectors.register("conntrack")
def conntrack(host: Host) -> Iterator[Metric]:
    """Conntrack statistics, none when the module is not loaded."""
    yield gauge(
        "node_nf_conntrack_entries",
        "Number of currently allocated flow entries for connection tracking.",
        integer(host.proc("sys/net/netfilter/nf_conntrack_count")),
    )
    yield gauge(
        "node_nf_conntrack_entries_limit",
        "Maximum size of connection tracking table.",
        integer(host.proc("sys/net/netfilter/nf_conntrack_max")),
    )
    header, *rows = read_lines(host.proc("net/stat/nf_conntrack"))
    columns = header.split()
    values = [[int(cell, 16) for cell in row.split()] for row in rows]
    for name, text in _STATS.items():
        if name in columns:
            place = columns.index(name)
            yield gauge(f"node_nf_conntrack_stat_{name}", text, sum(row[place] for row in values))
