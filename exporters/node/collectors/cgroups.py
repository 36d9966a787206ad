"""Cgroups by subsystem."""

from collections.abc import Iterator

from exporters.files import words
from exporters.node.host import Host
from exporters.node.registry import collectors
from pharos.exposition import Metric, gauge


@collectors.register("cgroups", default=False)
def cgroups(host: Host) -> Iterator[Metric]:
    """The number of cgroups and whether each subsystem is enabled, from /proc/cgroups."""
    count = gauge("node_cgroups_cgroups", "Current cgroup number of the subsystem.")
    enabled = gauge("node_cgroups_enabled", "Current cgroup number of the subsystem.")
    for name, _, number, state in words(host.proc("cgroups")):
        if not name.startswith("#"):
            count.add(int(number), {"subsys_name": name})
            enabled.add(int(state), {"subsys_name": name})
    yield count
    yield enabled
