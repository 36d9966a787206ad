"""bcache: SSDs in front of slower disks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from exporters.files import attribute, entries, integer, read_lines, try_attribute
from exporters.node.host import Host
from exporters.node.options import option
from exporters.node.registry import collectors
from exporters.table import Table
from pharos.exposition import Metric, MetricType

_UNITS: Final = "kMGTPE"

# File -> family, type, help.
_SET: Final[dict[str, tuple[str, MetricType, str]]] = {
    "average_key_size": ("average_key_size_sectors", "gauge", "Average data per key in the btree (sectors)."),
    "btree_cache_size": ("btree_cache_size_bytes", "gauge", "Amount of memory currently used by the btree cache."),
    "cache_available_percent": (
        "cache_available_percent", "gauge",
        "Percentage of cache device without dirty data, usable for writeback (may contain clean cached data).",
    ),
    "congested": ("congested", "gauge", "Congestion."),
    "root_usage_percent": (
        "root_usage_percent", "gauge",
        "Percentage of the root btree node in use (tree depth increases if too high).",
    ),
    "tree_depth": ("tree_depth", "gauge", "Depth of the btree."),
    "internal/active_journal_entries": (
        "active_journal_entries", "gauge", "Number of journal entries that are newer than the index.",
    ),
    "internal/btree_nodes": ("btree_nodes", "gauge", "Total nodes in the btree."),
    "internal/cache_read_races": (
        "cache_read_races_total", "counter",
        "Counts instances where while data was being read from the cache, the bucket was reused and invalidated"
        " - i.e. where the pointer was stale after the read completed.",
    ),
}  # fmt: skip
_TOTALS: Final = {
    "bypassed": ("bypassed_bytes_total", "Amount of IO (both reads and writes) that has bypassed the cache."),
    "cache_hits": ("cache_hits_total", "Hits counted per individual IO as bcache sees them."),
    "cache_misses": ("cache_misses_total", "Misses counted per individual IO as bcache sees them."),
    "cache_bypass_hits": ("cache_bypass_hits_total", "Hits for IO intended to skip the cache."),
    "cache_bypass_misses": ("cache_bypass_misses_total", "Misses for IO intended to skip the cache."),
    "cache_miss_collisions": (
        "cache_miss_collisions_total",
        "Instances where data insertion from cache miss raced with write (data already present).",
    ),
}
_WRITEBACK: Final = {
    "target": ("dirty_target_bytes", "Current dirty data target threshold for this backing device in bytes."),
    "rate": ("writeback_rate", "Current writeback rate for this backing device in bytes."),
    "proportional": (
        "writeback_rate_proportional_term", "Current result of proportional controller, part of writeback rate",
    ),
    "integral": ("writeback_rate_integral_term", "Current result of integral controller, part of writeback rate"),
    "change": ("writeback_change", "Last writeback rate change step for this backing device."),
}  # fmt: skip
_PRIORITY: Final = {
    "Unused": ("priority_stats_unused_percent", "The percentage of the cache that doesn't contain any data."),
    "Metadata": ("priority_stats_metadata_percent", "Bcache's metadata overhead."),
}
_CACHE: Final[dict[str, tuple[str, MetricType, str]]] = {
    "io_errors": (
        "io_errors", "gauge", "Number of errors that have occurred, decayed by io_error_halflife.",
    ),
    "metadata_written": (
        "metadata_written_bytes_total", "counter",
        "Sum of all non data writes (btree writes and all other metadata).",
    ),
    "written": ("written_bytes_total", "counter", "Sum of all data that has been written to the cache."),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class BcacheOptions:
    """How much to tell."""

    priority_stats: bool = option(False, "Expose expensive priority stats.", flag="priorityStats")


@collectors.register("bcache", options=BcacheOptions)
def bcache(host: Host, options: BcacheOptions) -> Iterator[Metric]:
    """Statistics of /sys/fs/bcache."""
    base = host.sys("fs/bcache")
    table = Table()
    for uuid in entries(base):
        if re.fullmatch(r"[0-9a-f-]{36}", uuid):
            _set(f"{base}/{uuid}", {"uuid": uuid}, options, table)
    yield from table


def _set(folder: str, labels: dict[str, str], options: BcacheOptions, table: Table) -> None:
    for file, (name, kind, text) in _SET.items():
        table.add(kind, f"node_bcache_{name}", text, parse_size(attribute(f"{folder}/{file}")), labels)
    duration_us = integer(f"{folder}/internal/btree_read_average_duration_us")
    name, text = "node_bcache_btree_read_average_duration_seconds", "Average btree read duration."
    table.gauge(name, text, duration_us * 1e-9, labels)  # the file is named _us and counts nanoseconds
    for name in entries(folder):
        if re.fullmatch(r"bdev\d+", name):
            _backing(f"{folder}/{name}", {**labels, "backing_device": name}, table)
        elif re.fullmatch(r"cache\d+", name):
            _cache(f"{folder}/{name}", {**labels, "cache_device": name}, options.priority_stats, table)


def _backing(folder: str, labels: dict[str, str], table: Table) -> None:
    dirty = parse_size(attribute(f"{folder}/dirty_data"))
    text = "Amount of dirty data for this backing device in the cache."
    table.gauge("node_bcache_dirty_data_bytes", text, dirty, labels)
    for line in read_lines(f"{folder}/writeback_rate_debug"):
        key, _, value = line.partition(":")
        if key in _WRITEBACK:
            name, text = _WRITEBACK[key]
            table.gauge(f"node_bcache_{name}", text, parse_size(value.strip().removesuffix("/sec")), labels)
    for file, (name, text) in _TOTALS.items():
        total = parse_size(attribute(f"{folder}/stats_total/{file}"))
        table.counter(f"node_bcache_{name}", text, total, labels)
    readaheads = try_attribute(f"{folder}/stats_total/cache_readaheads") or "0"
    if parse_size(readaheads):
        text = "Count of times readahead occurred."
        table.counter("node_bcache_cache_readaheads_total", text, parse_size(readaheads), labels)


def _cache(folder: str, labels: dict[str, str], priority: bool, table: Table) -> None:
    for file, (name, kind, text) in _CACHE.items():
        table.add(kind, f"node_bcache_{name}", text, parse_size(attribute(f"{folder}/{file}")), labels)
    for line in read_lines(f"{folder}/priority_stats") if priority else ():
        key, _, rest = line.partition(":")
        if key in _PRIORITY:
            name, text = _PRIORITY[key]
            table.gauge(f"node_bcache_{name}", text, int(rest.strip().rstrip("%")), labels)


def parse_size(text: str) -> int:
    """Bytes of bcache's own notation: in `20.4G` the 4 stands for 400 of the next smaller unit. Raises `ValueError`."""
    unit = _UNITS.find(text[-1:]) if text else -1
    if unit < 0:
        return int(text)
    whole, _, tenth = text[:-1].partition(".")
    sign = -1 if whole.startswith("-") else 1
    return int(whole) * int(1024 ** (unit + 1)) + sign * int(tenth or 0) * 100 * int(1024**unit)
