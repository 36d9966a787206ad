from pathlib import Path

from exporters.container.cgroups.hierarchy import Cgroup, Hierarchy, parse_table
from tests.support import cgroups


def paths(hierarchy: Hierarchy, leaf: str = "") -> list[str]:
    return [group.id for group in hierarchy.groups(lambda path: path == leaf)]


def test_version_2(tmp_path: Path) -> None:
    hierarchy = Hierarchy(str(cgroups.v2(tmp_path, "/a/b", "/c")))
    assert (hierarchy.version, hierarchy.unified) == (2, str(tmp_path))
    assert paths(hierarchy) == ["/", "/a", "/a/b", "/c"]
    assert Cgroup("/a", 2, hierarchy).path("memory", "memory.max") == f"{tmp_path}/a/memory.max"


def test_version_1_with_controllers_in_one_folder(tmp_path: Path) -> None:
    hierarchy = Hierarchy(str(cgroups.v1(tmp_path, "/a/b")))
    assert (hierarchy.version, hierarchy.unified) == (1, None)
    assert paths(hierarchy) == ["/", "/a", "/a/b"]
    group = Cgroup("/a/b", 1, hierarchy)
    assert group.path("cpuacct", "x") == f"{tmp_path}/cpu,cpuacct/a/b/x"
    assert group.unified("cpu.pressure") is None


def test_hybrid(tmp_path: Path) -> None:
    hierarchy = Hierarchy(str(cgroups.v1(tmp_path, "/a", hybrid=True)))
    assert hierarchy.version == 1
    assert Cgroup("/a", 1, hierarchy).unified("cpu.pressure") == f"{tmp_path}/unified/a/cpu.pressure"
    assert Cgroup("/", 1, hierarchy).unified("x") == f"{tmp_path}/unified/x"


def test_the_walk_stops_at_leaves(tmp_path: Path) -> None:
    hierarchy = Hierarchy(str(cgroups.v2(tmp_path, "/docker/x/init.scope")))
    assert paths(hierarchy, leaf="/docker/x") == ["/", "/docker", "/docker/x"]


def test_reading_values(tmp_path: Path) -> None:
    group = Cgroup("/a", 2, Hierarchy(str(cgroups.v2(tmp_path, "/a"))))
    assert group.number("memory", "memory.current") == 10_000_000
    assert group.number("memory", "memory.swap.max") is None
    assert group.number("memory", "none") is None
    assert group.text("cpu", "cpu.max") == "20000 100000"
    assert group.table("memory", "memory.events")["oom_kill"] == 1
    assert group.pids() == ["11"]
    assert group.created() is not None
    assert Cgroup("/gone", 2, group.hierarchy).created() is None


def test_tables_leave_out_what_is_no_number() -> None:
    assert parse_table("a 1\nb max\nc\nd 2\n") == {"a": 1, "d": 2}


def test_a_folder_that_is_no_cgroup_file_system(tmp_path: Path) -> None:
    assert paths(Hierarchy(str(tmp_path / "none"))) == []
