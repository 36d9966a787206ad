"""Memory errors that the controller detected and corrected."""

import re
from collections.abc import Iterator

from exporters.files import entries, integer, try_attribute, try_integer
from exporters.node.host import Host
from exporters.node.registry import collectors
from exporters.table import Table
from pharos.exposition import Metric


@collectors.register("edac")
def edac(host: Host) -> Iterator[Metric]:
    """Error detection and correction statistics."""
    base = host.sys("devices/system/edac/mc")
    table = Table()
    for name in entries(base):
        if re.fullmatch(r"mc\d+", name):
            _controller(f"{base}/{name}", {"controller": name[2:]}, table)
    yield from table


def _controller(folder: str, labels: dict[str, str], table: Table) -> None:
    for kind, file in (("correctable", "ce_count"), ("uncorrectable", "ue_count")):
        total = integer(f"{folder}/{file}")
        table.counter(f"node_edac_{kind}_errors_total", f"Total {kind} memory errors.", total, labels)
        loose = try_integer(f"{folder}/{file.replace('count', 'noinfo_count')}")
        name, text = f"node_edac_csrow_{kind}_errors_total", f"Total {kind} memory errors for this csrow."
        table.counter(name, text, loose, {**labels, "csrow": "unknown"})
    for name in entries(folder):
        if re.fullmatch(r"csrow\d+", name):
            _row(f"{folder}/{name}", {**labels, "csrow": name[5:]}, table)


def _row(folder: str, labels: dict[str, str], table: Table) -> None:
    for kind, short in (("correctable", "ce"), ("uncorrectable", "ue")):
        count = integer(f"{folder}/{short}_count")
        name, text = f"node_edac_csrow_{kind}_errors_total", f"Total {kind} memory errors for this csrow."
        table.counter(name, text, count, labels)
    for file in entries(folder):
        match = re.fullmatch(r"ch(\d+)_(ce|ue)_count", file)
        if match is not None:
            kind = "correctable" if match[2] == "ce" else "uncorrectable"
            label = try_attribute(f"{folder}/ch{match[1]}_dimm_label") or ""
            label = label.replace("csrow", "_csrow").replace("channel", "_channel")
            where = {"channel": match[1], "dimm_label": label}
            text = f"Total {kind} memory errors for this channel."
            count = integer(f"{folder}/{file}")
            table.counter(f"node_edac_channel_{kind}_errors_total", text, count, labels | where)
