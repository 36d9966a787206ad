"""Machine-wide counters of /proc/stat."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from exporters.files import read_text
from exporters.node.host import Host
from exporters.node.options import option
from exporters.node.registry import collectors
from pharos.exposition import Metric, counter, gauge

_SOFTIRQS: Final = (
    "hi", "timer", "net_tx", "net_rx", "block", "block_iopoll", "tasklet", "sched", "hrtimer", "rcu",
)  # fmt: skip
_FAMILIES: Final = {
    "intr": (counter, "node_intr_total", "Total number of interrupts serviced."),
    "ctxt": (counter, "node_context_switches_total", "Total number of context switches."),
    "processes": (counter, "node_forks_total", "Total number of forks."),
    "btime": (gauge, "node_boot_time_seconds", "Node boot time, in unixtime."),
    "procs_running": (gauge, "node_procs_running", "Number of processes in runnable state."),
    "procs_blocked": (gauge, "node_procs_blocked", "Number of processes blocked waiting for I/O to complete."),
}


@dataclass(frozen=True, slots=True)
class StatOptions:
    """What to tell."""

    softirq: bool = option(False, "Export softirq calls per vector.")


@collectors.register("stat", options=StatOptions)
def stat(host: Host, options: StatOptions) -> Iterator[Metric]:
    """Various statistics from /proc/stat."""
    for line in read_text(host.proc("stat")).splitlines():
        key, _, rest = line.partition(" ")
        if key in _FAMILIES:
            make, name, text = _FAMILIES[key]
            yield make(name, text, int(rest.split(" ", 1)[0]))
        elif key == "softirq" and options.softirq:
            calls = counter("node_softirqs_total", "Number of softirq calls.")
            for vector, count in zip(_SOFTIRQS, rest.split()[1:], strict=False):
                calls.add(int(count), {"vector": vector})
            yield calls
