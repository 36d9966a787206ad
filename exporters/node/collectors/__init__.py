"""The built-in collectors, one small module each; importing this package registers them in `exporters.node.registry`."""

from exporters.node.collectors import (  # noqa: F401
    cpu,
    diskstats,
    filesystem,
    loadavg,
    meminfo,
    netdev,
    pressure,
    stat,
    textfile,
    time,
    uname,
    vmstat,
)
