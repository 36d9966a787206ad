"""Memory figures of /proc/meminfo."""

from collections.abc import Iterator
from functools import lru_cache

from exporters.files import read_text
from exporters.node.host import Host
from exporters.node.registry import collectors
from pharos.exposition import Metric, MetricType

_TO_NAME = str.maketrans({"(": "_", ")": ""})


@collectors.register("meminfo")
def meminfo(host: Host) -> Iterator[Metric]:
    """Memory statistics, every field the kernel offers."""
    for line in read_text(host.proc("meminfo")).splitlines():
        key, _, rest = line.partition(":")
        parts = rest.split()
        if not parts:
            continue
        name, kind, text, factor = family(key, len(parts) > 1)
        yield Metric(name, kind, text, [("", {}, int(parts[0]) * factor, None)])


@lru_cache(maxsize=512)
def family(key: str, in_kib: bool) -> tuple[str, MetricType, str, int]:
    """Name, type, help and factor of a field: `Active(anon)` in kB is `node_memory_Active_anon_bytes`."""
    field = key.translate(_TO_NAME) + ("_bytes" if in_kib else "")
    kind: MetricType = "counter" if field.endswith("_total") else "gauge"
    return f"node_memory_{field}", kind, f"Memory information field {field}.", 1024 if in_kib else 1
