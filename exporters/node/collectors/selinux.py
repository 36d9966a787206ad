"""SELinux."""

from collections.abc import Iterator
from typing import Final

from exporters.files import read_lines, try_integer
from exporters.node.host import Host
from exporters.node.registry import collectors
from pharos.exposition import Metric, gauge

_MODES: Final = {"enforcing": 1, "permissive": 0, "disabled": -1}


@collectors.register("selinux")
def selinux(host: Host) -> Iterator[Metric]:
    """Whether SELinux is enabled, and its modes."""
    current = try_integer(host.sys("fs/selinux/enforce"))
    yield gauge("node_selinux_enabled", "SELinux is enabled, 1 is true, 0 is false", int(current is not None))
    if current is not None:
        yield gauge("node_selinux_config_mode", "Configured SELinux enforcement mode", _configured(host))
        yield gauge("node_selinux_current_mode", "Current SELinux enforcement mode", current)


def _configured(host: Host) -> int:
    try:
        lines = read_lines(host.root("etc/selinux/config"))
    except OSError:
        return _MODES["disabled"]
    mode = next((line.split("=", 1)[1].strip().lower() for line in lines if line.startswith("SELINUX=")), "disabled")
    return _MODES.get(mode, _MODES["disabled"])
