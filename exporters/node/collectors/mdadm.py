"""Linux software RAID."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from exporters.files import entries, read_lines, try_attribute, try_integer
from exporters.node.host import Host
from exporters.node.registry import collectors
from exporters.table import Table
from pharos.exposition import Metric

_STATES: Final = ("active", "inactive", "recovering", "resync", "check")
_DEVICE: Final = re.compile(r"(md\S*) : (active|inactive)\b(.*)")
_BLOCKS: Final = re.compile(r"(\d+) blocks")
_REQUIRED: Final = re.compile(r"\[(\d+)/(\d+)\]")
_SYNC: Final = re.compile(
    r"(recovery|resync|check|reshape)\s*=\s*(?:[\d.]+% \((\d+)/(\d+)\)|DELAYED|PENDING|REMOTE)|resync=(DELAYED|PENDING)"
)
_DISK: Final = re.compile(r"\S+\[\d+\](\([A-Z]\))*")
_SYNC_STATES: Final = {"recovery": "recovering", "resync": "resync", "check": "check", "reshape": "reshaping"}


@dataclass(slots=True)
class _Array:
    """An array of /proc/mdstat."""

    device: str
    state: str
    required: int = 0
    active: int = 0
    failed: int = 0
    spare: int = 0
    blocks: int = 0
    synced: int = 0


@collectors.register("mdadm")
def mdadm(host: Host) -> Iterator[Metric]:
    """Statistics of /proc/mdstat and of /sys/block/md*/md."""
    table = Table()
    for array in parse_mdstat(read_lines(host.proc("mdstat"))):
        labels = {"device": array.device}
        table.gauge("node_md_disks_required", "Total number of disks of device.", array.required, labels)
        for state in ("active", "failed", "spare"):
            text = "Number of active/failed/spare disks of device."
            table.gauge("node_md_disks", text, getattr(array, state), {**labels, "state": state})
        for state in _STATES:
            value = int(state == array.state)
            table.gauge("node_md_state", "Indicates the state of md-device.", value, {**labels, "state": state})
        table.gauge("node_md_blocks", "Total number of blocks on device.", array.blocks, labels)
        table.gauge("node_md_blocks_synced", "Number of blocks synced on device.", array.synced, labels)
    for name in entries(host.sys("block")):
        folder = host.sys(f"block/{name}/md")
        if name.startswith("md") and (disks := try_attribute(f"{folder}/raid_disks")) is not None:
            labels = {"device": name}
            count = disks.split(" ")[0]
            number = int(count) if count.isdigit() else None
            table.gauge("node_md_raid_disks", "Number of raid disks on device.", number, labels)
            degraded = try_integer(f"{folder}/degraded") or 0
            table.gauge("node_md_degraded", "Number of degraded disks on device.", degraded, labels)
    yield from table


def parse_mdstat(lines: list[str]) -> list[_Array]:
    """The arrays. Each is a line `md0 : active raid1 sdb1[1] sda1[0]`, one with its blocks, and maybe one with the progress."""
    arrays: list[_Array] = []
    for line in lines:
        begin = _DEVICE.match(line)
        if begin is not None:
            arrays.append(_begin(begin))
        elif arrays and line.startswith(" "):
            _continue(arrays[-1], line)
    return arrays


def _begin(match: re.Match[str]) -> _Array:
    array = _Array(match[1], match[2])
    for disk in _DISK.finditer(match[3]):
        array.failed += "(F)" in disk[0]
        array.spare += "(S)" in disk[0]
        array.active += "(F)" not in disk[0] and "(S)" not in disk[0]
    return array


def _continue(array: _Array, line: str) -> None:
    blocks = _BLOCKS.search(line)
    if blocks is not None:
        array.blocks = array.synced = int(blocks[1])
        counts = _REQUIRED.search(line)
        if array.state == "inactive":
            array.active = 0
        elif counts is not None:
            array.required, array.active = int(counts[1]), int(counts[2])
        else:
            array.required = array.active
    sync = _SYNC.search(line)
    if sync is not None:
        array.state = _SYNC_STATES[sync[1] or "resync"]
        array.synced = int(sync[2]) if sync[2] else 0
