from pathlib import Path

from exporters.container.cgroups.hierarchy import Cgroup, Hierarchy
from exporters.container.cgroups.names import parse_name
from exporters.container.groups.registry import Container
from exporters.container.groups.resctrl import Resctrl
from tests.support import cgroups

Rows = dict[tuple[str, str], float]


def group(folder: Path, tasks: str, **figures: str) -> None:
    (folder / "mon_data/mon_L3_00").mkdir(parents=True)
    (folder / "mon_groups").mkdir(exist_ok=True)
    (folder / "tasks").write_text(tasks)
    for name, text in figures.items():
        (folder / "mon_data/mon_L3_00" / name).write_text(text)


def read(resctrl: Resctrl, tmp_path: Path, path: str) -> Rows:
    """What the group tells of one container; process 11 is in all of them."""
    rows: Rows = {}

    def emit(family: str, value: float, labels: dict[str, str] | None = None) -> None:
        rows[family, (labels or {})["node_id"]] = value

    name = path.strip("/") or "x"
    cgroup = Cgroup(path, 2, Hierarchy(str(cgroups.v2(tmp_path / f"cg-{name}", "/a"))))
    resctrl(Container(cgroup, parse_name(path), str(tmp_path), str(tmp_path / "sys")), emit)
    return rows


def test_the_monitoring_group_of_a_container_goes_before_the_one_it_lies_in(tmp_path: Path) -> None:
    root = tmp_path / "sys/fs/resctrl"
    group(root, "1\n", mbm_total_bytes="900\n", mbm_local_bytes="800\n", llc_occupancy="700\n")
    group(root / "gold", "11\n", mbm_total_bytes="50\n")
    group(
        root / "gold/mon_groups/web",
        "11\n12\n",
        mbm_total_bytes="5\n",
        mbm_local_bytes="Unavailable\n",
        llc_occupancy="3\n",
    )
    resctrl = Resctrl()
    assert read(resctrl, tmp_path, "/a") == {
        ("container_memory_bandwidth_bytes", "0"): 5,
        ("container_llc_occupancy_bytes", "0"): 3,
    }
    assert read(resctrl, tmp_path, "/")["container_memory_bandwidth_bytes", "0"] == 900


def test_tasks_are_looked_up_anew_at_each_scrape(tmp_path: Path) -> None:
    root = tmp_path / "sys/fs/resctrl"
    group(root, "1\n")
    group(root / "gold", "99\n", llc_occupancy="8\n")
    resctrl = Resctrl()
    assert read(resctrl, tmp_path, "/a") == {}
    (root / "gold/tasks").write_text("11\n")
    resctrl.keep(set())
    assert read(resctrl, tmp_path, "/a") == {("container_llc_occupancy_bytes", "0"): 8}


def test_a_machine_without_resctrl(tmp_path: Path) -> None:
    assert read(Resctrl(), tmp_path, "/a") == {}
