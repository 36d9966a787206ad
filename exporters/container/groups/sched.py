"""Scheduler statistics, summed over the processes of a container."""

from typing import Final

from exporters.container.groups.registry import Container, Emit, Families, groups
from exporters.files import try_attribute

FAMILIES: Final[Families] = {
    "container_cpu_schedstat_run_periods_total": (
        "counter", "Number of times processes of the cgroup have run on the cpu",
    ),
    "container_cpu_schedstat_run_seconds_total": (
        "counter", "Time duration the processes of the container have run on the CPU.",
    ),
    "container_cpu_schedstat_runqueue_seconds_total": (
        "counter", "Time duration processes of the container have been waiting on a runqueue.",
    ),
}  # fmt: skip
_NS: Final = 1_000_000_000


@groups.register("sched", default=False, families=FAMILIES)
class Sched:
    """Run time, run queue time and time slices; what ended processes had is kept, so that the sums do not fall."""

    def __init__(self) -> None:
        self._alive: dict[str, dict[str, tuple[int, int, int]]] = {}
        self._ended: dict[str, tuple[int, int, int]] = {}

    def __call__(self, container: Container, emit: Emit) -> None:
        path = container.cgroup.id
        before, now = self._alive.get(path, {}), self._read(container)
        ended = _sum([self._ended.get(path, (0, 0, 0)), *(known for pid, known in before.items() if pid not in now)])
        self._alive[path], self._ended[path] = now, ended
        run, queue, periods = _sum([ended, *now.values()])
        emit("container_cpu_schedstat_run_seconds_total", run / _NS)
        emit("container_cpu_schedstat_runqueue_seconds_total", queue / _NS)
        emit("container_cpu_schedstat_run_periods_total", periods)

    def keep(self, paths: set[str]) -> None:
        """Forget containers that are gone."""
        self._alive = {path: known for path, known in self._alive.items() if path in paths}
        self._ended = {path: known for path, known in self._ended.items() if path in paths}

    def _read(self, container: Container) -> dict[str, tuple[int, int, int]]:
        out: dict[str, tuple[int, int, int]] = {}
        for pid in container.cgroup.pids():
            text = try_attribute(f"{container.procfs}/{pid}/schedstat")
            if text is not None and len(text.split()) == 3:
                run, queue, periods = map(int, text.split())
                out[pid] = (run, queue, periods)
        return out


def _sum(rows: list[tuple[int, int, int]]) -> tuple[int, int, int]:
    return (sum(row[0] for row in rows), sum(row[1] for row in rows), sum(row[2] for row in rows))
