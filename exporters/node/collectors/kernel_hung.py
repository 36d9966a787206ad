"""Tasks the kernel found hanging."""

from collections.abc import Iterator

from exporters.files import integer
from exporters.node.host import Host
from exporters.node.registry import collectors
from pharos.exposition import Metric, counter


@collectors.register("kernel_hung")
def kernel_hung(host: Host) -> Iterator[Metric]:
    """The number of hung tasks."""
    yield counter(
        "node_kernel_hung_tasks_total",
        "Total number of tasks that have been detected as hung since the system booted.",
        integer(host.proc("sys/kernel/hung_task_detect_count")),
    )
