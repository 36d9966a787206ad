"""Real containers where the kubelet's systemd driver puts them: recognised, with their figures, and counted by perf events."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from exporters.perfevents import open_counter
from tests.support.node_exporter import series
from tests.support.processes import PHAROS, free_port, running, wait_for, wait_ready
from tests.support.runc import Runc, containers, need_runc

pytestmark = [pytest.mark.integration, pytest.mark.containers]


@pytest.fixture(scope="module")
def runc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runc]:
    need_runc()
    if os.path.exists("/sys/fs/cgroup/cgroup.controllers"):
        pytest.skip("this host has cgroup v2: the test of the v2 node covers it")
    with containers(tmp_path_factory.mktemp("runc"), systemd=True) as place:
        place.start("spin", "while :; do :; done", quota_us=20_000)
        yield place


def page(tmp_path: Path, *arguments: str) -> Iterator[dict[str, float]]:
    """Pages, one for each `next`."""
    port = free_port()
    argv = [*PHAROS, "container-exporter", f"--web.listen-address=127.0.0.1:{port}", "--runtimes=", *arguments]
    with running(argv, tmp_path / "exporter.log"):
        wait_ready(f"http://127.0.0.1:{port}")
        while True:
            yield series(httpx.get(f"http://127.0.0.1:{port}/metrics").raise_for_status().text)


def test_a_scope_below_slices_is_a_container_with_its_figures(runc: Runc, tmp_path: Path) -> None:
    pages = page(tmp_path, "--docker_only")
    where = f'id="{runc.path("spin")}",name="{runc.identity("spin")}"'
    throttled = f"container_cpu_cfs_throttled_periods_total{{{where}}}"
    shown = wait_for("throttled periods", lambda: (found := next(pages)) and found[throttled] > 3 and found)
    assert shown[f"container_spec_memory_limit_bytes{{{where}}}"] == 32 << 20
    before = shown[f'container_cpu_usage_seconds_total{{cpu="total",{where}}}']
    theirs = runc.stats("spin")["cpu"]["usage"]["total"] / 1e9
    after = next(pages)[f'container_cpu_usage_seconds_total{{cpu="total",{where}}}']
    assert before <= theirs <= after
    pages.close()


def test_perf_events_are_those_of_the_container(runc: Runc, tmp_path: Path) -> None:
    try:
        os.close(open_counter(1, 0, 0))
    except OSError as error:
        pytest.skip(f"this kernel grants no counters: {error}")
    config = tmp_path / "events.json"
    config.write_text(json.dumps({"core": {"events": [["cpu-clock", "context-switches"]]}}))
    pages = page(tmp_path, "--enable_metrics=perf_event", f"--perf_events_config={config}")
    identity = f'id="{runc.path("spin")}",name="{runc.identity("spin")}"'
    clock, used = (
        f'container_perf_events_total{{cpu="",event="cpu-clock",{identity}}}',
        f'container_cpu_usage_seconds_total{{cpu="total",{identity}}}',
    )
    first = next(pages)
    last = wait_for("a tenth of a second of work", lambda: (now := next(pages))[used] > first[used] + 0.1 and now)
    assert first["container_scrape_error"] == 0
    counted_s = (last[clock] - first[clock]) / 1e9
    assert counted_s == pytest.approx(last[used] - first[used], abs=0.05)
    pages.close()
