"""A real cgroup v2 node. On a host with v1 it is a User-mode Linux guest in which this same file runs again."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from exporters.container.facts import Facts
from exporters.container.groups.registry import groups
from exporters.container.scrape import Scraper, Settings
from exporters.page import samples
from pharos.clock import SystemClock
from tests.support.processes import wait_for
from tests.support.runc import Runc, containers, need_runc
from tests.support.uml import in_guest, run_in_guest

pytestmark = [pytest.mark.integration, pytest.mark.cgroup2]

ROOT = Path("/sys/fs/cgroup")
V2 = (ROOT / "cgroup.controllers").exists() and "memory" in (ROOT / "cgroup.controllers").read_text()
on_v2 = pytest.mark.skipif(not V2, reason="not a cgroup v2 host: these run inside the guest")


@pytest.mark.skipif(V2 or in_guest(), reason="this is a cgroup v2 host")
def test_all_of_this_in_user_mode_linux(tmp_path: Path) -> None:
    file = Path(__file__).relative_to(Path.cwd()) if Path.cwd() in Path(__file__).parents else Path(__file__)
    command = f"{sys.executable} -m pytest -q -p no:cacheprovider -m cgroup2 -rs {file}"
    guest = run_in_guest(command, tmp_path)
    assert guest.code == 0, guest.output
    assert "4 passed" in guest.output


def spent(path: Path) -> dict[str, int]:
    """The kernel's own account of a group's CPU."""
    return {name: int(value) for name, value in map(str.split, (path / "cpu.stat").read_text().splitlines())}


@pytest.fixture(scope="module")
def group() -> Iterator[str]:
    """A cgroup with limits and a busy process in it."""
    path = ROOT / f"pharos{os.getpid()}" / "burner"
    path.mkdir(parents=True)
    (path.parent / "cgroup.subtree_control").write_text("+cpu +memory +io +pids")
    (path / "cpu.max").write_text("20000 100000")
    (path / "memory.max").write_text(str(64 << 20))
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    (path / "cgroup.procs").write_text(str(process.pid))
    wait_for("the quota to be felt", lambda: spent(path)["nr_throttled"] and spent(path)["usage_usec"] > 50_000)
    yield f"/{path.relative_to(ROOT)}"
    process.kill()
    process.wait()
    path.rmdir()
    path.parent.rmdir()


def scrape(facts: dict[str, Facts] | None = None) -> dict[str, float]:
    settings = Settings(groups=tuple(group.name for group in groups))
    return samples(Scraper(settings, SystemClock()).scrape(facts or {}))


@on_v2
def test_limits_and_throttling(group: str) -> None:
    page = scrape()
    assert page[f'container_spec_memory_limit_bytes{{id="{group}"}}'] == 64 << 20
    assert page[f'container_spec_cpu_quota{{id="{group}"}}'] == 20_000
    assert page[f'container_cpu_cfs_throttled_periods_total{{id="{group}"}}'] > 0
    assert page[f'container_cpu_usage_seconds_total{{id="{group}",cpu="total"}}'] > 0.05


@on_v2
def test_memory_and_processes(group: str) -> None:
    page = scrape()
    current = int((ROOT / group.lstrip("/") / "memory.current").read_text())
    assert page[f'container_memory_usage_bytes{{id="{group}"}}'] == pytest.approx(current, abs=4 << 20)
    assert 0 < page[f'container_memory_working_set_bytes{{id="{group}"}}'] <= 64 << 20
    assert page[f'container_oom_events_total{{id="{group}"}}'] == 0
    assert page[f'container_processes{{id="{group}"}}'] == 1


@on_v2
def test_the_root_tells_the_whole_machine() -> None:
    page = scrape()
    assert page['container_cpu_usage_seconds_total{id="/",cpu="total"}'] > 0
    assert page["container_scrape_error"] == 0


@on_v2
def test_a_real_container_with_names(tmp_path: Path) -> None:
    need_runc()
    with containers(tmp_path / "runc", ROOT) as runc:
        runc.start("tower", "sleep 30", quota_us=30_000)
        page = scrape({"tower": Facts("tower", "tower", "busybox:1", "app", "tower-0", "default")})
        labels = f'{{id="{runc.path("tower")}",container="app",image="busybox:1",name="tower",namespace="default",pod="tower-0"}}'
        assert page[f"container_spec_cpu_quota{labels}"] == 30_000
        assert page[f"container_running{labels}"] == 1
        assert _kibibytes(runc) == page[f"container_spec_memory_limit_bytes{labels}"] // 1024


def _kibibytes(runc: Runc) -> int:
    return int(runc.stats("tower")["memory"]["usage"]["limit"]) // 1024
