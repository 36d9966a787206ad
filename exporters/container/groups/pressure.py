"""Pressure stall information of a container (cgroup v2, or the v2 tree of a hybrid host)."""

from typing import Final

from exporters.container.groups.registry import Container, Emit, Families, groups
from exporters.files import read_text

_STALLED: Final = "Total time duration no tasks in the container could make progress due to {} congestion."
_WAITING: Final = "Total time duration tasks in the container have waited due to {} congestion."
_RESOURCES: Final = {"cpu": "CPU", "memory": "memory", "io": "IO"}
FAMILIES: Final[Families] = {
    f"container_pressure_{resource}_{kind}_seconds_total": ("counter", text.format(shown))
    for resource, shown in _RESOURCES.items()
    for kind, text in (("stalled", _STALLED), ("waiting", _WAITING))
}
_KINDS: Final = {"some": "waiting", "full": "stalled"}


@groups.register("pressure", families=FAMILIES)
def pressure(container: Container, emit: Emit) -> None:
    """Seconds in which work waited for CPU, memory or I/O."""
    for resource in _RESOURCES:
        path = container.cgroup.unified(f"{resource}.pressure")
        if path is None:
            return
        try:
            lines = read_text(path).splitlines()
        except OSError:  # no such file on the root or without CONFIG_PSI; EOPNOTSUPP with psi=0
            continue
        for line in lines:
            kind = _KINDS.get(line.partition(" ")[0])
            if kind is not None:
                total_us = int(line.rpartition("total=")[2])
                emit(f"container_pressure_{resource}_{kind}_seconds_total", total_us / 1_000_000)
