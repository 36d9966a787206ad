"""InfiniBand and RoCE adapters."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from exporters.files import entries, try_attribute, try_integer
from exporters.node.host import Host
from exporters.node.options import Filter, check_pattern, option
from exporters.node.registry import NoData, collectors
from exporters.node.tables.infiniband import COUNTERS
from exporters.table import Table
from pharos.exposition import Metric

# Counters of data are in units of four octets (InfiniBand architecture, PortCounters).
_WORDS: Final = ("port_rcv_data", "port_xmit_data", "port_rcv_data_64", "port_xmit_data_64")
_PHYSICAL: Final = (
    "Physical state of the InfiniBand port (0: no change, 1: sleep, 2: polling, 3: disable, 4: shift, 5: link up,"
    " 6: link error recover, 7: phytest)"
)
_STATE: Final = "State of the InfiniBand port (0: no change, 1: down, 2: init, 3: armed, 4: active, 5: act defer)"
_LIFESPAN: Final = (
    "The maximum period in ms which defines the aging of the counter reads. Two consecutive reads within this period"
    " might return the same values."
)


@dataclass(frozen=True, slots=True)
class InfinibandOptions:
    """Which devices."""

    device_include: str = option("", "Regexp of infiniband devices to include (instead of device-exclude).")
    device_exclude: str = option("", "Regexp of infiniband devices to exclude.")

    def __post_init__(self) -> None:
        check_pattern(self, "device_include", "device_exclude")


@collectors.register("infiniband", options=InfinibandOptions)
class Infiniband:
    """Statistics of /sys/class/infiniband."""

    def __init__(self, host: Host, options: InfinibandOptions) -> None:
        self._base = host.sys("class/infiniband")
        self._filter = Filter(options.device_include, options.device_exclude)

    def __call__(self) -> Iterator[Metric]:
        devices = entries(self._base)
        if not devices:
            raise NoData("no InfiniBand device")
        table = Table()
        for device in filter(self._filter.allows, devices):
            folder = f"{self._base}/{device}"
            texts = {"board_id": "board_id", "firmware_version": "fw_ver", "hca_type": "hca_type"}
            labels = {"device": device} | {
                name: try_attribute(f"{folder}/{file}") or "" for name, file in texts.items()
            }
            text = "Non-numeric data from /sys/class/infiniband/<device>, value is always 1."
            table.gauge("node_infiniband_info", text, 1, labels)
            for port in entries(f"{folder}/ports"):
                _port(f"{folder}/ports/{port}", {"device": device, "port": port}, table)
        yield from table


def _port(folder: str, labels: dict[str, str], table: Table) -> None:
    for file, name, text in (("state", "state_id", _STATE), ("phys_state", "physical_state_id", _PHYSICAL)):
        number = (try_attribute(f"{folder}/{file}") or "").partition(":")[0]
        table.gauge(f"node_infiniband_{name}", text, int(number) if number.isdigit() else None, labels)
    gigabit = (try_attribute(f"{folder}/rate") or "").partition(" ")[0]
    rate = float(gigabit) * 125_000_000 if gigabit else None
    table.gauge("node_infiniband_rate_bytes_per_second", "Maximum signal transfer rate", rate, labels)
    lifespan = try_integer(f"{folder}/hw_counters/lifespan")
    shown = None if lifespan is None else lifespan // 1000
    table.gauge("node_infiniband_lifespan_seconds", _LIFESPAN, shown, labels)
    present = {kind: set(entries(f"{folder}/{kind}")) for kind in ("counters", "counters_ext", "hw_counters")}
    for path, name, text in COUNTERS:
        kind, _, file = path.partition("/")
        value = try_integer(f"{folder}/{path}") if file in present[kind] else None
        shown = value * 4 if value is not None and file in _WORDS else value
        table.counter(f"node_infiniband_{name}", text, shown, labels)
