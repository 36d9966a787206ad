import os
from pathlib import Path

import pytest

from exporters.container.cgroups.hierarchy import Cgroup, Hierarchy
from exporters.container.cgroups.names import parse_name
from exporters.container.groups import perf_event
from exporters.container.groups.registry import Container
from exporters.container.perfconfig import PerfEvent
from exporters.perfevents import Reading
from tests.support import cgroups

ID = cgroups.ID


class Kernel:
    """Counters that stand for perf_event_open: each reads as its number among them."""

    def __init__(self) -> None:
        self.opened: list[tuple[int, int, int, str]] = []
        self.refuse = False

    def open(self, kind: int, config: int, cpu: int, *, cgroup: int, more: tuple[int, int]) -> int:
        assert more == (0, 0)
        if self.refuse:
            raise PermissionError(13, "Permission denied")
        self.opened.append((kind, config, cpu, os.readlink(f"/proc/self/fd/{cgroup}")))
        return os.open("/dev/null", os.O_RDONLY)

    def read(self, _: int) -> Reading:
        return Reading(10, 0.5)


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    fake = Kernel()
    monkeypatch.setattr(perf_event, "open_counter", fake.open)
    monkeypatch.setattr(perf_event, "read_counter", fake.read)
    return fake


def container(tmp_path: Path, path: str, *, version: int = 2) -> Container:
    root = tmp_path / "cg"
    if not root.exists():
        cgroups.v2(root, path) if version == 2 else cgroups.v1(root, path, hybrid=True)
    (tmp_path / "devices/system/cpu").mkdir(parents=True, exist_ok=True)
    (tmp_path / "devices/system/cpu/online").write_text("0-1\n")
    return Container(Cgroup(path, version, Hierarchy(str(root))), parse_name(path), str(tmp_path), str(tmp_path))


def read(group: perf_event.PerfEvents, place: Container) -> dict[str, float]:
    rows: dict[str, float] = {}

    def emit(family: str, value: float, labels: dict[str, str] | None = None) -> None:
        assert labels == {"cpu": "", "event": "cycles"}
        rows[family] = value

    group(place, emit)
    return rows


def test_events_are_summed_over_the_cpus_and_the_worst_ratio_is_told(kernel: Kernel, tmp_path: Path) -> None:
    group = perf_event.PerfEvents((PerfEvent("cycles", 0, 7),))
    place = container(tmp_path, f"/docker/{ID}")
    expected = {"container_perf_events_total": 20.0, "container_perf_events_scaling_ratio": 0.5}
    assert read(group, place) == expected
    assert read(group, place) == expected
    folder = str(tmp_path / f"cg/docker/{ID}")
    assert kernel.opened == [(0, 7, 0, folder), (0, 7, 1, folder)]


def test_counting_ends_with_the_container(kernel: Kernel, tmp_path: Path) -> None:
    group = perf_event.PerfEvents((PerfEvent("cycles", 0, 7),))
    place = container(tmp_path, f"/docker/{ID}")
    before = len(os.listdir("/proc/self/fd"))
    read(group, place)
    assert len(os.listdir("/proc/self/fd")) == before + 2
    group.keep(set())
    assert len(os.listdir("/proc/self/fd")) == before


def test_slices_are_not_counted_and_a_hybrid_host_counts_in_the_unified_tree(kernel: Kernel, tmp_path: Path) -> None:
    group = perf_event.PerfEvents((PerfEvent("cycles", 0, 7),))
    assert read(group, container(tmp_path, "/system.slice", version=1)) == {}
    (tmp_path / f"cg/unified/docker/{ID}").mkdir(parents=True)
    assert read(group, container(tmp_path, f"/docker/{ID}", version=1))
    assert {row[3] for row in kernel.opened} == {str(tmp_path / f"cg/unified/docker/{ID}")}


def test_what_is_refused_is_named_and_nothing_stays_open(kernel: Kernel, tmp_path: Path) -> None:
    kernel.refuse = True
    place = container(tmp_path, f"/docker/{ID}")
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(OSError, match="perf event cycles"):
        read(perf_event.PerfEvents((PerfEvent("cycles", 0, 7),)), place)
    assert len(os.listdir("/proc/self/fd")) == before
