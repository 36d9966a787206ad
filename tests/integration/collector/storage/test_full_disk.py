"""A file system that is really full: the storage and the collector go on, say so, and recover by themselves."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from collector.storage.storage import Storage
from pharos.client import Client
from tests.support.processes import PHAROS, free_port, running, wait_for, wait_ready
from tests.unit.collector.storage.storage_support import FixedClock, everything, opened, series

pytestmark = pytest.mark.integration

SIZE = 4 << 20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MiB."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder: Path, leaving: int) -> Path:
    """Take all the space but `leaving` bytes."""
    ballast = folder / "ballast"
    left = os.statvfs(folder)
    with ballast.open("wb") as file:
        file.write(b"\0" * (left.f_bavail * left.f_bsize - leaving))
    return ballast


class Writer:
    """A target with 200 series and samples of their own, one of each a minute, and what must be found of them."""

    def __init__(self, storage: Storage, clock: FixedClock) -> None:
        self.storage, self.clock = storage, clock
        self.group = storage.open_group()
        self.page = [series("scraped", i=str(i)) for i in range(200)]
        self.group.reshape(self.page)
        self.count = 0

    def write(self, minutes: int) -> None:
        noise = np.random.default_rng(self.count)
        for _ in range(minutes):
            self.clock.ms += 60_000
            self.count += 1
            assert self.group.append_row(self.clock.ms, noise.random(200)).appended == 200
            times = np.full(2, self.clock.ms)
            assert self.storage.append([series("rule", i="1"), series("rule", i="2")], times, noise.random(2)).appended

    def upkeep(self) -> bool:
        synced = self.storage.sync()
        return self.storage.maintain(self.clock.ms) and synced


@pytest.mark.parametrize("leaving", [0, 4096, 40_960, 163_840])
def test_nothing_is_lost_to_a_full_disk(small_disk: Path, leaving: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    clock = FixedClock()
    storage = opened(small_disk / "data", clock, wal_segment_bytes=100_000)
    writer = Writer(storage, clock)
    writer.write(100)
    assert writer.upkeep()
    ballast = fill(small_disk, leaving)
    refused = 0
    for _ in range(12):  # past the end of a window, so that blocks are due as well
        writer.write(20)
        refused += not writer.upkeep()
        found = everything(storage)
        assert len(found) == 202
        assert {len(samples) for samples in found.values()} == {writer.count}
    assert refused
    assert "The disk is full" in caplog.text
    ballast.unlink()
    assert writer.upkeep()
    assert not storage.maintenance.disk_refuses
    assert "takes data again" in caplog.text
    expected = everything(storage)
    assert {len(samples) for samples in expected.values()} == {writer.count}
    storage.abandon()
    storage = opened(small_disk / "data", clock, wal_segment_bytes=100_000)
    assert everything(storage) == expected
    assert storage.store.quarantined == storage.log_damages == 0
    storage.close()


@pytest.mark.parametrize("leaving", [0, 40_960])
def test_a_kill_while_the_disk_is_full_keeps_what_was_synced_before(small_disk: Path, leaving: int) -> None:
    clock = FixedClock()
    storage = opened(small_disk / "data", clock, wal_segment_bytes=100_000)
    writer = Writer(storage, clock)
    writer.write(100)
    assert writer.upkeep()
    durable = everything(storage)
    ballast = fill(small_disk, leaving)
    writer.write(200)
    assert not writer.upkeep()
    storage.abandon()
    storage = opened(small_disk / "data", clock, wal_segment_bytes=100_000)  # starts on the full disk
    found = everything(storage)
    for labels, samples in durable.items():
        assert found[labels][: len(samples)] == samples
    ballast.unlink()
    assert storage.sync()
    assert storage.maintain(clock.ms)
    assert everything(storage) == found
    storage.close()


def test_a_collector_serves_and_scrapes_on_a_full_disk(small_disk: Path, tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    (tmp_path / "prometheus.yml").write_text(
        f"global: {{scrape_interval: 1s}}\nscrape_configs: [{{job_name: self, static_configs: [{{targets: ['127.0.0.1:{port}']}}]}}]\n"
    )
    argv = [
        *PHAROS,
        "collector",
        f"--config.file={tmp_path}/prometheus.yml",
        f"--storage.tsdb.path={small_disk}/data",
        f"--web.listen-address=127.0.0.1:{port}",
    ]

    def refuses(client: Client) -> bool:
        found = client.query("pharos_tsdb_disk_refuses")
        return len(found) == 1 and found.scalar() == 1

    with running(argv, tmp_path / "log") as process, Client(url) as client:
        wait_ready(url)
        wait_for("two scrapes", lambda: client.query("count_over_time(up[1h])").values.sum() >= 2)
        ballast = fill(small_disk, 0)
        wait_for("the metric that says so", lambda: refuses(client))
        before = client.query("count_over_time(up[1h])").scalar()
        wait_for("further scrapes", lambda: client.query("count_over_time(up[1h])").scalar() > before + 2)
        assert "The disk is full" in (tmp_path / "log").read_text()
        ballast.unlink()
        wait_for("the end of it", lambda: not refuses(client))
        kept = client.query("count_over_time(up[1h])").scalar()
        process.kill()
    with running(argv, tmp_path / "log"), Client(url) as client:
        wait_ready(url)
        wait_for("what was kept", lambda: client.query("count_over_time(up[1h])").scalar() >= kept - 1)
