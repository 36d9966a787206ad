"""DRBD: block devices mirrored over the network."""

from collections.abc import Iterator
from typing import Final

from exporters.files import words
from exporters.node.host import Host
from exporters.node.registry import collectors
from exporters.table import Table
from pharos.exposition import Metric, MetricType

# Key of /proc/drbd -> family, type, factor, help.
_NUMBERS: Final[dict[str, tuple[str, MetricType, int, str]]] = {
    "ns": ("network_sent_bytes_total", "counter", 1024, "Total number of bytes sent via the network."),
    "nr": ("network_received_bytes_total", "counter", 1, "Total number of bytes received via the network."),
    "dw": ("disk_written_bytes_total", "counter", 1024, "Net data written on local hard disk; in bytes."),
    "dr": ("disk_read_bytes_total", "counter", 1024, "Net data read from local hard disk; in bytes."),
    "al": ("activitylog_writes_total", "counter", 1, "Number of updates of the activity log area of the meta data."),
    "bm": ("bitmap_writes_total", "counter", 1, "Number of updates of the bitmap area of the meta data."),
    "lo": ("local_pending", "gauge", 1, "Number of open requests to the local I/O sub-system."),
    "pe": (
        "remote_pending", "gauge", 1,
        "Number of requests sent to the peer, but that have not yet been answered by the latter.",
    ),
    "ua": (
        "remote_unacknowledged", "gauge", 1,
        "Number of requests received by the peer via the network connection, but that have not yet been answered.",
    ),
    "ap": (
        "application_pending", "gauge", 1,
        "Number of block I/O requests forwarded to DRBD, but not yet answered by DRBD.",
    ),
    "ep": ("epochs", "gauge", 1, "Number of Epochs currently on the fly."),
    "oos": ("out_of_sync_bytes", "gauge", 1024, "Amount of data known to be out of sync; in bytes."),
}  # fmt: skip
_PAIRS: Final = {
    "ro": ("node_role_is_primary", "Primary", "Whether the role of the node is in the primary state."),
    "ds": ("disk_state_is_up_to_date", "UpToDate", "Whether the disk of the node is up to date."),
}


@collectors.register("drbd", default=False)
def drbd(host: Host) -> Iterator[Metric]:
    """Distributed Replicated Block Device statistics (up to version 8.4)."""
    table, device = Table(), ""
    for parts in words(host.proc("drbd")):
        for part in parts:
            key, colon, value = part.partition(":")
            if colon and not value and key.isdigit():
                device = f"drbd{key}"
            elif colon and device:
                _pair(key, value, {"device": device}, table)
    yield from table


def _pair(key: str, value: str, labels: dict[str, str], table: Table) -> None:
    if key in _NUMBERS:
        name, kind, factor, text = _NUMBERS[key]
        table.add(kind, f"node_drbd_{name}", text, int(value) * factor, labels)
    elif key in _PAIRS:
        name, good, text = _PAIRS[key]
        for node, state in zip(("local", "remote"), value.split("/"), strict=False):
            table.gauge(f"node_drbd_{name}", text, int(state == good), {**labels, "node": node})
    elif key == "cs":
        text = "Whether DRBD is connected to the peer."
        table.gauge("node_drbd_connected", text, int(value == "Connected"), labels)
