import time
from pathlib import Path

from exporters.container.cgroups.hierarchy import Cgroup, Hierarchy
from exporters.container.cgroups.names import parse_name
from exporters.container.groups.filesystem import Filesystem, disk_usage, writable_layer
from exporters.container.groups.registry import Container
from tests.support import cgroups


def test_the_writable_layer_of_an_overlay(tmp_path: Path) -> None:
    info = tmp_path / "mountinfo"
    info.write_text(
        "30 1 0:40 / / rw - overlay overlay rw,lowerdir=/l1:/l2,upperdir=/var/upper,workdir=/w\n31 30 0:5 / /proc rw - proc proc rw\n"
    )
    assert writable_layer(str(info)) == "/var/upper"
    info.write_text("30 1 8:1 / / rw - ext4 /dev/sda1 rw\n")
    assert writable_layer(str(info)) == ""
    assert writable_layer(str(tmp_path / "none")) == ""


def test_hard_links_count_once(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/a").write_bytes(b"x" * 100_000)
    before = disk_usage(str(tmp_path))
    (tmp_path / "b").hardlink_to(tmp_path / "sub/a")
    assert before >= 100_000
    assert disk_usage(str(tmp_path)) == before


def test_figures_come_once_they_have_been_counted(tmp_path: Path) -> None:
    root = cgroups.v2(tmp_path / "cg", "/a")
    layer = tmp_path / "upper"
    layer.mkdir()
    (layer / "file").write_bytes(b"x" * 50_000)
    (tmp_path / "proc/11").mkdir(parents=True)
    (tmp_path / "proc/11/mountinfo").write_text(f"30 1 0:40 / / rw - overlay overlay rw,upperdir={layer}\n")
    group = Cgroup("/a", 2, Hierarchy(str(root)))
    container = Container(group, parse_name("/a"), str(tmp_path / "proc"), str(tmp_path), pid="11")
    filesystem, seen = Filesystem(), dict[str, float]()

    def emit(family: str, value: float, _: object = None) -> None:
        seen[family] = value

    until = time.monotonic() + 5
    while not seen and time.monotonic() < until:
        filesystem(container, emit)
        time.sleep(0.005)
    assert seen["container_fs_usage_bytes"] >= 50_000
    assert seen["container_fs_limit_bytes"] > seen["container_fs_usage_bytes"]
