from collections.abc import Iterable
from pathlib import Path

import pytest

from exporters.deadline import Deadline, Job, Outcome
from exporters.node.collectors.filesystem import Mount, parse_mount
from tests.support.node_exporter import collect

ROOT_LINE = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro"


@pytest.mark.parametrize(
    ("line", "mount"),
    [
        (ROOT_LINE, Mount("/", "/dev/sda1", "ext4", "8", "1", False)),
        (
            r"24 22 253:0 / /srv/my\040data ro shared:2 - xfs /dev/mapper/data rw",
            Mount("/srv/my data", "/dev/mapper/data", "xfs", "253", "0", True),
        ),
        ("25 22 0:9 / /x rw - ext4 /dev/b rw,emergency_ro", Mount("/x", "/dev/b", "ext4", "0", "9", True)),
        ("nonsense", None),
    ],
)
def test_lines_of_mountinfo(line: str, mount: Mount | None) -> None:
    assert parse_mount(line) == mount


def test_the_prefix_of_the_root_is_taken_off() -> None:
    line = "24 22 8:2 / /host/srv rw - ext4 /dev/sda2 rw"
    found = parse_mount(line, "/host")
    assert found is not None
    assert found.point == "/srv"


def machine(tmp_path: Path, *lines: str) -> list[str]:
    (tmp_path / "proc/1").mkdir(parents=True)
    (tmp_path / "proc/1/mountinfo").write_text("".join(f"{line}\n" for line in lines))
    (tmp_path / "root").mkdir()
    return [f"--path.procfs={tmp_path}/proc", f"--path.rootfs={tmp_path}/root"]


def test_space_and_kind(tmp_path: Path) -> None:
    page = collect("filesystem", machine(tmp_path, ROOT_LINE, "23 22 0:21 / /proc rw - proc proc rw"))
    labels = '{device="/dev/sda1",mountpoint="/",fstype="ext4",device_error=""}'
    assert page[f"node_filesystem_size_bytes{labels}"] >= page[f"node_filesystem_avail_bytes{labels}"] > 0
    assert page[f"node_filesystem_readonly{labels}"] == 0
    assert page[f"node_filesystem_device_error{labels}"] == 0
    assert page['node_filesystem_mount_info{device="/dev/sda1",major="8",minor="1",mountpoint="/"}'] == 1
    assert not [key for key in page if "/proc" in key]


def test_a_mount_that_cannot_be_asked(tmp_path: Path) -> None:
    page = collect("filesystem", machine(tmp_path, "24 22 8:2 / /gone rw - ext4 /dev/sda2 ro"))
    labels = '{device="/dev/sda2",mountpoint="/gone",fstype="ext4",device_error="no such file or directory"}'
    assert page == {f"node_filesystem_device_error{labels}": 1, f"node_filesystem_readonly{labels}": 1}


def test_choosing_mounts(tmp_path: Path) -> None:
    arguments = machine(tmp_path, ROOT_LINE, "24 22 8:2 / /gone rw - ext4 /dev/sda2 rw")
    page = collect("filesystem", [*arguments, "--collector.filesystem.mount-points-include=^/gone"])
    assert {key.split('mountpoint="')[1].split('"')[0] for key in page} == {"/gone"}


def test_only_ways_over_foreign_mounts_are_asked_in_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = Deadline.run_blocking

    def watched(self: Deadline, jobs: Iterable[Job], deadline_s: float) -> dict[str, Outcome]:
        jobs = list(jobs)
        asked.extend(job.name for job in jobs)
        return real(self, jobs, deadline_s)

    monkeypatch.setattr(Deadline, "run_blocking", watched)
    arguments = machine(
        tmp_path,
        ROOT_LINE,
        "24 22 0:30 / /net rw - autofs auto.net rw",
        "25 24 8:2 / /net/disk rw - ext4 /dev/sda2 rw",
        "26 22 0:31 / /network rw - tmpfs tmpfs rw",
        "27 22 0:32 / /nas rw - nfs4 nas:/ rw",
    )
    page = collect("filesystem", arguments)
    assert asked == ["/net/disk", "/nas"]
    assert len([key for key in page if key.startswith("node_filesystem_device_error")]) == 4
