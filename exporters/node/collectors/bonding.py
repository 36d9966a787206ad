"""Bonded network interfaces."""

from collections.abc import Iterator

from exporters.files import attribute, try_attribute
from exporters.node.host import Host
from exporters.node.registry import collectors
from exporters.table import Table
from pharos.exposition import Metric


@collectors.register("bonding")
def bonding(host: Host) -> Iterator[Metric]:
    """The number of configured and active slaves of Linux bonding interfaces."""
    base = host.sys("class/net")
    table = Table()
    for master in attribute(f"{base}/bonding_masters").split():
        slaves = attribute(f"{base}/{master}/bonding/slaves").split()
        states = [
            try_attribute(f"{base}/{master}/lower_{slave}/bonding_slave/mii_status")
            or attribute(f"{base}/{master}/slave_{slave}/bonding_slave/mii_status")
            for slave in slaves
        ]
        labels = {"master": master}
        table.gauge("node_bonding_slaves", "Number of configured slaves per bonding interface.", len(slaves), labels)
        active = states.count("up")
        table.gauge("node_bonding_active", "Number of active slaves per bonding interface.", active, labels)
    yield from table
