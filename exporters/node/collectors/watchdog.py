"""Hardware watchdogs."""

from collections.abc import Iterator
from typing import Final

from exporters.files import entries, try_attribute, try_integer
from exporters.node.host import Host
from exporters.node.registry import collectors
from exporters.table import Table
from pharos.exposition import Metric

# File -> family.
_NUMBERS: Final = {
    "bootstatus": "bootstatus",
    "fw_version": "fw_version",
    "nowayout": "nowayout",
    "timeleft": "timeleft_seconds",
    "timeout": "timeout_seconds",
    "pretimeout": "pretimeout_seconds",
    "access_cs0": "access_cs0",
}
_TEXTS: Final = ("options", "identity", "state", "status", "pretimeout_governor")


@collectors.register("watchdog")
def watchdog(host: Host) -> Iterator[Metric]:
    """Watchdog statistics of /sys/class/watchdog."""
    base = host.sys("class/watchdog")
    table = Table()
    for name in entries(base):
        for file, family in _NUMBERS.items():
            text = f"Value of /sys/class/watchdog/<watchdog>/{file}"
            table.gauge(f"node_watchdog_{family}", text, try_integer(f"{base}/{name}/{file}"), {"name": name})
        labels = {"name": name} | {file: try_attribute(f"{base}/{name}/{file}") or "" for file in _TEXTS}
        table.gauge("node_watchdog_info", "Info of /sys/class/watchdog/<watchdog>", 1, labels)
    yield from table
