"""The clock of this machine."""

import time as system_time
from collections.abc import Iterator

from exporters.files import attribute, entries
from exporters.node.host import Host
from exporters.node.registry import collectors
from pharos.exposition import Metric, gauge


@collectors.register("time")
def time(host: Host) -> Iterator[Metric]:
    """The current system time and the clock sources."""
    now = host.clock.now()
    local = system_time.localtime(now)
    yield gauge("node_time_seconds", "System time in seconds since epoch (1970).", now)
    yield gauge(
        "node_time_zone_offset_seconds",
        "System time zone offset in seconds.",
        local.tm_gmtoff,
        {"time_zone": local.tm_zone},
    )
    folder = host.sys("devices/system/clocksource")
    available = gauge(
        "node_time_clocksource_available_info", "Available clocksources read from '/sys/devices/system/clocksource'."
    )
    current = gauge(
        "node_time_clocksource_current_info", "Current clocksource read from '/sys/devices/system/clocksource'."
    )
    for name in entries(folder):
        if name.startswith("clocksource"):
            device = name.removeprefix("clocksource")
            for source in attribute(f"{folder}/{name}/available_clocksource").split():
                available.add(1, {"device": device, "clocksource": source})
            chosen = attribute(f"{folder}/{name}/current_clocksource")
            current.add(1, {"device": device, "clocksource": chosen})
    yield available
    yield current
