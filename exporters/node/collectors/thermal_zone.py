"""Temperatures of thermal zones and states of cooling devices."""

from collections.abc import Iterator

from exporters.files import attribute, entries, integer, try_integer
from exporters.node.host import Host
from exporters.node.registry import collectors
from exporters.table import Table
from pharos.exposition import Metric


@collectors.register("thermal_zone")
def thermal_zone(host: Host) -> Iterator[Metric]:
    """Thermal zone and cooling device statistics of /sys/class/thermal."""
    base = host.sys("class/thermal")
    table = Table()
    for name in entries(base):
        folder = f"{base}/{name}"
        if name.startswith("thermal_zone"):
            labels = {"zone": name.removeprefix("thermal_zone"), "type": attribute(f"{folder}/type")}
            temperature = try_integer(f"{folder}/temp")
            if temperature is not None:
                table.gauge("node_thermal_zone_temp", "Zone temperature in Celsius", temperature / 1000, labels)
        elif name.startswith("cooling_device"):
            labels = {"name": name.removeprefix("cooling_device"), "type": attribute(f"{folder}/type")}
            for file, text in (("cur", "Current throttle"), ("max", "Maximum throttle")):
                value = integer(f"{folder}/{file}_state")
                table.gauge(f"node_cooling_device_{file}_state", f"{text} state of the cooling device", value, labels)
    yield from table
