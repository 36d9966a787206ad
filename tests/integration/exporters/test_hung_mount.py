"""A mount that never answers costs its own figures, not the page, and nothing leaks."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.support.node_exporter import series
from tests.support.processes import PHAROS, free_port, running, wait_ready

pytestmark = pytest.mark.integration


@pytest.fixture
def exporter(tmp_path: Path) -> Iterator[tuple[str, int, Path]]:
    """URL and process id of an exporter in whose mount namespace a folder hangs, and that folder."""
    if os.geteuid() != 0 or not os.path.exists("/dev/fuse"):
        pytest.skip("a mount that hangs needs root and /dev/fuse")
    hung = tmp_path / "nas"
    hung.mkdir()
    proc = tmp_path / "proc"
    (proc / "1").mkdir(parents=True)
    (proc / "1/mountinfo").symlink_to("/proc/self/mountinfo")
    (proc / "loadavg").symlink_to("/proc/loadavg")
    port = free_port()
    argv = [
        sys.executable, "-m", "tests.support.hung_mount", str(hung),
        *PHAROS, "node-exporter", f"--web.listen-address=127.0.0.1:{port}", f"--path.procfs={proc}",
        "--collector.disable-defaults", "--collector.filesystem", "--collector.loadavg",
        "--collector.filesystem.fs-types-include=^(fuse|ext4|xfs|btrfs|overlay|tmpfs)$",
        "--collector.filesystem.mount-timeout=300ms",
    ]  # fmt: skip
    with running(argv, tmp_path / "log") as process:
        wait_ready(f"http://127.0.0.1:{port}")
        child = psutil.Process(process.pid).children()[0]
        yield f"http://127.0.0.1:{port}/metrics", child.pid, hung


def test_a_hung_mount_does_not_delay_the_page(exporter: tuple[str, int, Path]) -> None:
    url, pid, hung = exporter
    begin = time.monotonic()
    page = series(httpx.get(url, timeout=10).text)
    assert time.monotonic() - begin < 1.0
    labels = f'{{device="lantern",device_error="mountpoint timeout",fstype="fuse",mountpoint="{hung}"}}'
    assert page[f"node_filesystem_device_error{labels}"] == 1
    assert page['node_scrape_collector_success{collector="loadavg"}'] == 1
    assert page['node_scrape_collector_success{collector="filesystem"}'] == 1
    others = [key for key in page if key.startswith("node_filesystem_size_bytes") and 'device_error=""' in key]
    assert others
    httpx.get(url, timeout=10)  # only now is a spare worker for the lost one certainly there
    process = psutil.Process(pid)
    threads, descriptors = process.num_threads(), process.num_fds()
    with httpx.Client(timeout=10) as client:
        begin = time.monotonic()
        for scrape in range(1000):
            client.get(url).raise_for_status()
            if scrape == 200:
                memory = process.memory_info().rss
        mean_s = (time.monotonic() - begin) / 1000
    assert process.num_threads() <= threads
    assert process.num_fds() <= descriptors + 2
    assert process.memory_info().rss <= memory + (2 << 20)
    assert mean_s < 0.05
