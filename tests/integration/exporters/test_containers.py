"""The container exporter beside real containers: its figures against runc's own reading of the same cgroups."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.node_exporter import series
from tests.support.processes import PHAROS, free_port, running, wait_for, wait_ready
from tests.support.runc import Runc, containers, need_runc

pytestmark = [pytest.mark.integration, pytest.mark.containers]


@pytest.fixture(scope="module")
def runc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runc]:
    need_runc()
    if os.path.exists("/sys/fs/cgroup/cgroup.controllers"):
        pytest.skip("this host has cgroup v2: the test of the v2 node covers it")
    with containers(tmp_path_factory.mktemp("runc")) as place:
        place.start("spin", "while :; do :; done", quota_us=20_000)
        place.start("idle", "while :; do echo tick; sleep 1; done")
        place.start("hog", "sleep 1; dd if=/dev/zero of=/dev/null bs=64M count=1; sleep 60", memory_bytes=16 << 20)
        yield place


@pytest.fixture(scope="module")
def url(runc: Runc, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    argv = [
        *PHAROS, "container-exporter", f"--web.listen-address=127.0.0.1:{port}", "--runtimes=",
        "--enable_metrics=process,tcp,udp,sched,memory_numa,cpuset",
    ]  # fmt: skip
    with running(argv, tmp_path_factory.mktemp("log") / "exporter.log"):
        wait_ready(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}/metrics"


def scrape(url: str) -> dict[str, float]:
    return series(httpx.get(url).raise_for_status().text)


def value(page: dict[str, float], family: str, runc: Runc, name: str, labels: str = "") -> float:
    path = runc.path(name)
    key = f'{family}{{{labels}id="{path}",name="{name}"}}'
    return page[key]


def cpu_seconds(page: dict[str, float], runc: Runc, name: str) -> float:
    return page[f'container_cpu_usage_seconds_total{{cpu="total",id="{runc.path(name)}",name="{name}"}}']


def test_throttling_is_told_as_runc_tells_it(url: str, runc: Runc) -> None:
    def throttled() -> dict[str, float] | None:
        page = scrape(url)
        return page if value(page, "container_cpu_cfs_throttled_periods_total", runc, "spin") > 5 else None

    page = wait_for("throttled periods", throttled)
    theirs = runc.stats("spin")["cpu"]["throttling"]
    ours = value(page, "container_cpu_cfs_throttled_seconds_total", runc, "spin")
    assert 0 < ours <= theirs["throttledTime"] / 1e9
    assert value(page, "container_cpu_cfs_periods_total", runc, "spin") <= theirs["periods"]
    assert value(page, "container_spec_cpu_quota", runc, "spin") == 20_000
    assert value(page, "container_spec_cpu_period", runc, "spin") == 100_000
    assert value(page, "container_spec_cpu_shares", runc, "spin") == 512


def test_cpu_time_lies_between_two_readings_of_runc(url: str, runc: Runc) -> None:
    before = runc.stats("spin")["cpu"]["usage"]["total"] / 1e9
    ours = cpu_seconds(scrape(url), runc, "spin")
    after = runc.stats("spin")["cpu"]["usage"]["total"] / 1e9
    assert before <= ours <= after


def test_memory_agrees_with_runc(url: str, runc: Runc) -> None:
    page, theirs = scrape(url), runc.stats("idle")["memory"]
    assert value(page, "container_memory_usage_bytes", runc, "idle") == pytest.approx(
        theirs["usage"]["usage"], abs=2 << 20
    )
    assert value(page, "container_spec_memory_limit_bytes", runc, "idle") == 32 << 20
    assert value(page, "container_memory_rss", runc, "idle") == pytest.approx(theirs["raw"]["total_rss"], abs=1 << 20)


def test_an_oom_kill_is_counted(url: str, runc: Runc) -> None:
    page = wait_for(
        "an OOM kill",
        lambda: (page := scrape(url)) and value(page, "container_oom_events_total", runc, "hog") >= 1 and page,
    )
    assert value(page, "container_memory_failcnt", runc, "hog") > 0
    assert value(page, "container_memory_max_usage_bytes", runc, "hog") <= 16 << 20


def test_processes_and_network_are_those_of_the_container(url: str, runc: Runc) -> None:
    page = scrape(url)
    assert value(page, "container_processes", runc, "spin") == 1
    assert value(page, "container_threads_max", runc, "spin") == 64
    assert value(page, "container_cpu_schedstat_run_seconds_total", runc, "spin") > 0
    # runc's default spec gives the container a network namespace of its own, with nothing but loopback in it.
    assert not any(key.startswith("container_network_receive_bytes") and runc.path("spin") in key for key in page)


def test_pressure_comes_from_the_unified_tree_of_a_hybrid_host(url: str, runc: Runc) -> None:
    if not os.path.exists("/sys/fs/cgroup/unified/cgroup.controllers"):
        pytest.skip("no hybrid hierarchy here")
    if not Path(f"/sys/fs/cgroup/unified{runc.path('spin')}/cpu.pressure").exists():
        pytest.skip("the kernel has no pressure information")
    assert value(scrape(url), "container_pressure_cpu_waiting_seconds_total", runc, "spin") >= 0
