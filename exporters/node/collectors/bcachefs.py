"""bcachefs file systems."""

import re
from collections.abc import Iterator

from exporters.files import attribute, entries, read_lines, try_attribute
from exporters.humansize import parse_human_size
from exporters.node.host import Host
from exporters.node.registry import NoData, collectors
from exporters.table import Table
from pharos.exposition import Metric


@collectors.register("bcachefs")
def bcachefs(host: Host) -> Iterator[Metric]:
    """Statistics of /sys/fs/bcachefs."""
    base = host.sys("fs/bcachefs")
    found = entries(base)
    if not found:
        raise NoData("no bcachefs")
    table = Table()
    for uuid in found:
        _filesystem(f"{base}/{uuid}", {"uuid": uuid}, table)
    yield from table


def _filesystem(folder: str, labels: dict[str, str], table: Table) -> None:
    table.gauge("node_bcachefs_info", "Filesystem information.", 1, labels)
    size = parse_human_size(attribute(f"{folder}/btree_cache_size"))
    table.gauge("node_bcachefs_btree_cache_size_bytes", "Btree cache memory usage in bytes.", size, labels)
    _compression(f"{folder}/compression_stats", labels, table)
    _errors(f"{folder}/errors", labels, table)
    _writes(f"{folder}/btree_write_stats", labels, table)
    for name in entries(f"{folder}/counters"):
        for line in read_lines(f"{folder}/counters/{name}"):
            key, _, value = line.partition(":")
            if key == "since filesystem creation":
                family = f"node_bcachefs_{re.sub('[^a-zA-Z0-9_]', '_', name)}_total"
                text = f"Bcachefs counter {name} since filesystem creation."
                table.counter(family, text, parse_human_size(value.strip()), labels)
    for name in entries(folder):
        if name.startswith("dev-"):
            _device(f"{folder}/{name}", {**labels, "device": name.removeprefix("dev-")}, table)


def _compression(path: str, labels: dict[str, str], table: Table) -> None:
    for line in read_lines(path)[1:]:
        algorithm, compressed, uncompressed, *_ = line.split()
        where = {**labels, "algorithm": algorithm}
        name = "node_bcachefs_compression"
        text = "Compressed size by algorithm."
        table.gauge(f"{name}_compressed_bytes", text, parse_human_size(compressed), where)
        text = "Uncompressed size by algorithm."
        table.gauge(f"{name}_uncompressed_bytes", text, parse_human_size(uncompressed), where)


def _errors(path: str, labels: dict[str, str], table: Table) -> None:
    for line in read_lines(path):
        kind, count, *_ = line.split()
        where = {**labels, "error_type": kind}
        table.counter("node_bcachefs_errors_total", "Error count by error type.", int(count), where)


def _writes(path: str, labels: dict[str, str], table: Table) -> None:
    for line in read_lines(path)[1:]:
        kind, count, size = line.split()
        where = {**labels, "type": kind.rstrip(":")}
        table.counter("node_bcachefs_btree_writes_total", "Number of btree writes by type.", int(count), where)
        name, text = "node_bcachefs_btree_write_average_size_bytes", "Average btree write size by type."
        table.gauge(name, text, parse_human_size(size), where)


def _device(folder: str, labels: dict[str, str], table: Table) -> None:
    texts = {key: try_attribute(f"{folder}/{key}") or "" for key in ("label", "state")}
    table.gauge("node_bcachefs_device_info", "Device information.", 1, labels | texts)
    bucket = parse_human_size(attribute(f"{folder}/bucket_size"))
    table.gauge("node_bcachefs_device_bucket_size_bytes", "Bucket size in bytes.", bucket, labels)
    buckets = int(attribute(f"{folder}/nbuckets"))
    table.gauge("node_bcachefs_device_buckets", "Total number of buckets.", buckets, labels)
    durability = int(attribute(f"{folder}/durability"))
    table.gauge("node_bcachefs_device_durability", "Device durability setting.", durability, labels)
    operation = ""
    for line in read_lines(f"{folder}/io_done"):
        key, _, value = (part.strip() for part in line.partition(":"))
        if not value:
            operation = key
        else:
            where = {**labels, "operation": operation, "data_type": key}
            name, text = "node_bcachefs_device_io_done_bytes_total", "IO bytes by operation type and data type."
            table.counter(name, text, int(value), where)
    for line in read_lines(f"{folder}/io_errors")[1:4]:  # what follows is the same since the last reset
        key, _, value = (part.strip() for part in line.partition(":"))
        where = {**labels, "type": key}
        table.counter("node_bcachefs_device_io_errors_total", "IO errors by error type.", int(value), where)
