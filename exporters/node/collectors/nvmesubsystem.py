"""NVMe subsystems and the paths to them."""

import os
import re
from collections.abc import Iterator
from typing import Final

from exporters.files import entries, try_attribute
from exporters.node.host import Host
from exporters.node.registry import NoData, collectors
from exporters.table import Table
from pharos.exposition import Metric

_PREFIX: Final = "node_nvmesubsystem"
_STATES: Final = ("connecting", "dead", "deleting", "live", "new", "resetting", "unknown")


@collectors.register("nvmesubsystem", default=False)
def nvmesubsystem(host: Host) -> Iterator[Metric]:
    """Path health of /sys/class/nvme-subsystem."""
    base = host.sys("class/nvme-subsystem")
    names = entries(base)
    if not names:
        raise NoData("no NVMe subsystem")
    table = Table()
    for name in names:
        _subsystem(f"{base}/{name}", name, table)
    yield from table


def _subsystem(folder: str, name: str, table: Table) -> None:
    files = {"nqn": "subsysnqn", "model": "model", "serial": "serial", "iopolicy": "iopolicy"}
    labels = {"subsystem": name} | {label: try_attribute(f"{folder}/{file}") or "" for label, file in files.items()}
    table.gauge(f"{_PREFIX}_info", "Non-numeric information about an NVMe subsystem.", 1, labels)
    states = []
    for entry in entries(folder):
        if re.fullmatch(r"nvme\d+n\d+", entry):
            text = "Maps an NVMe namespace block device to its subsystem."
            table.gauge(f"{_PREFIX}_namespace_info", text, 1, {"subsystem": name, "device": entry})
        elif re.fullmatch(r"nvme\d+", entry) and os.path.isdir(f"{folder}/{entry}"):
            states.append(_controller(f"{folder}/{entry}", name, entry, table))
    text = "Number of controller paths for an NVMe subsystem."
    table.gauge(f"{_PREFIX}_paths", text, len(states), {"subsystem": name})
    text = "Number of controller paths in live state for an NVMe subsystem."
    table.gauge(f"{_PREFIX}_paths_live", text, states.count("live"), {"subsystem": name})


def _controller(folder: str, subsystem: str, controller: str, table: Table) -> str:
    raw = try_attribute(f"{folder}/state") or ""
    state = "deleting" if raw.startswith("deleting") else raw if raw in _STATES else "unknown"
    labels = {
        "subsystem": subsystem,
        "controller": controller,
        "transport": try_attribute(f"{folder}/transport") or "",
    }
    text = "Current NVMe controller path state (1 for the current state, 0 for all others)."
    for each in _STATES:
        table.gauge(f"{_PREFIX}_path_state", text, int(each == state), {**labels, "state": each})
    return state
