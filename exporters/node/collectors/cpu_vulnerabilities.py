"""Known weaknesses of the CPU and what the kernel does about them."""

from collections.abc import Iterator

from exporters.files import attribute, entries
from exporters.node.host import Host
from exporters.node.registry import collectors
from pharos.exposition import Metric, gauge

_HELP = (
    "Details of each CPU vulnerability reported by sysfs. The value of the series is an int encoded state of the"
    " vulnerability. The same state is stored as a string in the label"
)


@collectors.register("cpu_vulnerabilities", default=False)
def cpu_vulnerabilities(host: Host) -> Iterator[Metric]:
    """CPU vulnerability information of sysfs."""
    folder = host.sys("devices/system/cpu/vulnerabilities")
    family = gauge("node_cpu_vulnerabilities_info", _HELP)
    for name in entries(folder):
        state, mitigation = parse_state(attribute(f"{folder}/{name}"))
        family.add(1, {"codename": name, "state": state, "mitigation": mitigation})
    yield family


def parse_state(text: str) -> tuple[str, str]:
    """`Mitigation: PTI` is a state and what was done."""
    state, _, rest = text.partition(":")
    if state == "Mitigation":
        return "mitigation", rest.strip()
    return (
        "not affected" if text.startswith("Not affected") else "vulnerable" if "ulnerable" in text else "unknown"
    ), ""
