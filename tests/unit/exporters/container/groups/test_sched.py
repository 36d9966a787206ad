from pathlib import Path

from exporters.container.cgroups.hierarchy import Cgroup, Hierarchy
from exporters.container.cgroups.names import parse_name
from exporters.container.groups.registry import Container
from exporters.container.groups.sched import Sched
from tests.support import cgroups


def test_sums_keep_what_ended_processes_had(tmp_path: Path) -> None:
    root = cgroups.v2(tmp_path / "cg", "/a")
    group = Cgroup("/a", 2, Hierarchy(str(root)))
    container = Container(group, parse_name("/a"), str(cgroups.procfs(tmp_path / "proc")), str(tmp_path))
    sched, seen = Sched(), list[float]()

    def emit(family: str, value: float, _: object = None) -> None:
        if family.endswith("run_seconds_total"):
            seen.append(value)

    sched(container, emit)
    (root / "a/cgroup.procs").write_text("")
    sched(container, emit)
    sched.keep(set())
    sched(container, emit)
    assert seen == [1, 1, 0]
