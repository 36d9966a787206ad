"""Fibre Channel host adapters."""

from collections.abc import Iterator
from typing import Final

from exporters.files import entries, try_attribute
from exporters.node.host import Host
from exporters.node.registry import NoData, collectors
from exporters.table import Table
from pharos.exposition import Metric

# File below statistics/ -> family and help; the values are hexadecimal.
_COUNTERS: Final = {
    "dumped_frames": ("dumped_frames", "Number of dumped frames"),
    "error_frames": ("error_frames", "Number of errors in frames"),
    "invalid_crc_count": ("invalid_crc", "Invalid Cyclic Redundancy Check count"),
    "rx_frames": ("rx_frames", "Number of frames received"),
    "rx_words": ("rx_words", "Number of words received by host port"),
    "tx_frames": ("tx_frames", "Number of frames transmitted by host port"),
    "tx_words": ("tx_words", "Number of words transmitted by host port"),
    "seconds_since_last_reset": ("seconds_since_last_reset", "Number of seconds since last host port reset"),
    "invalid_tx_word_count": ("invalid_tx_words", "Number of invalid words transmitted by host port"),
    "link_failure_count": ("link_failure", "Number of times the host port link has failed"),
    "loss_of_sync_count": ("loss_of_sync", "Number of failures on either bit or transmission word boundaries"),
    "loss_of_signal_count": ("loss_of_signal", "Number of times signal has been lost"),
    "nos_count": ("nos", "Number Not_Operational Primitive Sequence received by host port"),
    "fcp_packet_aborts": ("fcp_packet_aborts", "Number of aborted packets"),
}
_TEXTS: Final = (
    "speed", "port_state", "port_type", "port_id", "port_name", "fabric_name", "symbolic_name", "supported_classes",
    "supported_speeds", "dev_loss_tmo",
)  # fmt: skip
_NOT_SUPPORTED: Final = 0xFFFFFFFFFFFFFFFF


@collectors.register("fibrechannel")
def fibrechannel(host: Host) -> Iterator[Metric]:
    """Statistics of /sys/class/fc_host."""
    base = host.sys("class/fc_host")
    names = entries(base)
    if not names:
        raise NoData("no Fibre Channel adapter")
    table = Table()
    for name in names:
        texts = {file: (try_attribute(f"{base}/{name}/{file}") or "").removeprefix("0x") for file in _TEXTS}
        text = "Non-numeric data from /sys/class/fc_host/<host>, value is always 1."
        table.gauge("node_fibrechannel_info", text, 1, {"fc_host": name, **texts})
        for file, (family, help_text) in _COUNTERS.items():
            raw = try_attribute(f"{base}/{name}/statistics/{file}")
            value = None if raw is None else int(raw, 16)
            shown = None if value == _NOT_SUPPORTED else value
            table.counter(f"node_fibrechannel_{family}_total", help_text, shown, {"fc_host": name})
    yield from table
