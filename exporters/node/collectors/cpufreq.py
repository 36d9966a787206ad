"""CPU frequencies."""

from collections.abc import Iterator
from typing import Final

from exporters.files import entries, try_attribute, try_integer
from exporters.node.host import Host
from exporters.node.registry import collectors
from exporters.table import Table
from pharos.exposition import Metric

# File below cpufreq/ in kHz -> family and help.
_FILES: Final = {
    "cpuinfo_cur_freq": ("frequency_hertz", "Current CPU thread frequency in hertz."),
    "cpuinfo_avg_freq": ("frequency_avg_hertz", "Average CPU thread frequency in hertz."),
    "cpuinfo_min_freq": ("frequency_min_hertz", "Minimum CPU thread frequency in hertz."),
    "cpuinfo_max_freq": ("frequency_max_hertz", "Maximum CPU thread frequency in hertz."),
    "scaling_cur_freq": ("scaling_frequency_hertz", "Current scaled CPU thread frequency in hertz."),
    "scaling_min_freq": ("scaling_frequency_min_hertz", "Minimum scaled CPU thread frequency in hertz."),
    "scaling_max_freq": ("scaling_frequency_max_hertz", "Maximum scaled CPU thread frequency in hertz."),
}


@collectors.register("cpufreq")
def cpufreq(host: Host) -> Iterator[Metric]:
    """CPU frequency statistics."""
    base = host.sys("devices/system/cpu")
    table = Table()
    for name in entries(base):
        if not (name.startswith("cpu") and name[3:].isdigit()):
            continue
        folder, labels = f"{base}/{name}/cpufreq", {"cpu": name[3:]}
        for file in entries(folder):
            if file in _FILES:
                family, text = _FILES[file]
                khz = try_integer(f"{folder}/{file}")
                table.gauge(f"node_cpu_{family}", text, None if khz is None else khz * 1000, labels)
        governor = try_attribute(f"{folder}/scaling_governor")
        if governor:
            for each in (try_attribute(f"{folder}/scaling_available_governors") or "").split():
                where = {**labels, "governor": each}
                text = "Current enabled CPU frequency governor."
                table.gauge("node_cpu_scaling_governor", text, int(each == governor), where)
    yield from table
