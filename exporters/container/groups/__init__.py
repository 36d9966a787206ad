"""Groups of container metrics, one module each; importing this package registers them in `registry`."""

from exporters.container.groups import (  # noqa: F401
    advtcp,
    cpu,
    cpuset,
    diskio,
    filesystem,
    hugetlb,
    memory,
    network,
    numa,
    perf_event,
    pressure,
    process,
    referenced,
    resctrl,
    sched,
    sockets,
    spec,
)
