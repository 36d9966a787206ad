"""The figures of every group on made-up cgroups, v1 and v2."""

from pathlib import Path

import pytest

import exporters.container.groups  # noqa: F401 - fills the registry
from exporters.container.groups.registry import groups
from exporters.container.scrape import Scraper, Settings
from exporters.page import samples
from pharos.clock import SystemClock
from tests.support import cgroups

CPU = {
    'container_cpu_usage_seconds_total{cpu="total"}': 7,
    "container_cpu_user_seconds_total": 5,
    "container_cpu_system_seconds_total": 2,
    "container_cpu_cfs_periods_total": 100,
    "container_cpu_cfs_throttled_periods_total": 40,
    "container_cpu_cfs_throttled_seconds_total": 1.5,
    "container_cpu_cfs_burst_periods_total": 3,
    "container_cpu_cfs_burst_seconds_total": 0.5,
}
MEMORY = {
    "container_memory_usage_bytes": 10_000_000,
    "container_memory_working_set_bytes": 8_000_000,
    "container_memory_max_usage_bytes": 12_000_000,
    "container_memory_rss": 6_000_000,
    "container_memory_cache": 3_000_000,
    "container_memory_swap": 4096,
    "container_memory_mapped_file": 1000,
    "container_memory_kernel_usage": 500_000,
    "container_memory_failcnt": 5,
    "container_memory_total_active_file_bytes": 1_000_000,
    "container_memory_total_inactive_file_bytes": 2_000_000,
    'container_memory_failures_total{failure_type="pgfault",scope="hierarchy"}': 500,
    'container_memory_failures_total{failure_type="pgmajfault",scope="hierarchy"}': 6,
    "container_oom_events_total": 1,
}
SPEC = {
    "container_spec_cpu_period": 100_000,
    "container_spec_cpu_quota": 20_000,
    "container_spec_memory_limit_bytes": 67_108_864,
    "container_spec_memory_swap_limit_bytes": 0,
    "container_spec_memory_reservation_limit_bytes": 0,
}
IO = {
    'container_fs_reads_bytes_total{device="/dev/sda"}': 1000,
    'container_fs_writes_bytes_total{device="/dev/sda"}': 2000,
    'container_fs_reads_total{device="/dev/sda"}': 10,
    'container_fs_writes_total{device="/dev/sda"}': 20,
    'container_blkio_device_usage_total{device="/dev/sda",major="8",minor="0",operation="Read"}': 1000,
}
NETWORK = {
    'container_network_receive_bytes_total{interface="eth0"}': 11_000,
    'container_network_receive_packets_dropped_total{interface="eth0"}': 2,
    'container_network_transmit_errors_total{interface="eth0"}': 3,
}
PROCESS = {
    "container_processes": 1,
    "container_file_descriptors": 2,
    "container_sockets": 1,
    "container_threads": 3,
    'container_ulimits_soft{ulimit="max_open_files"}': 1024,
}
SOCKETS = {
    'container_network_tcp_usage_total{tcp_state="listen"}': 2,
    'container_network_udp_usage_total{udp_state="dropped"}': 3,
    'container_network_udp_usage_total{udp_state="txqueued"}': 16,
    'container_network_udp6_usage_total{udp_state="listen"}': 0,
}
ADVANCED = {
    'container_network_advance_tcp_stats_total{tcp_state="retranssegs"}': 17,
    'container_network_advance_tcp_stats_total{tcp_state="listendrops"}': 4,
    "container_referenced_bytes": 81_920,
}
SCHED = {
    "container_cpu_schedstat_run_seconds_total": 1,
    "container_cpu_schedstat_runqueue_seconds_total": 0.5,
    "container_cpu_schedstat_run_periods_total": 77,
}
PRESSURE = {
    "container_pressure_cpu_waiting_seconds_total": 3,
    "container_pressure_cpu_stalled_seconds_total": 1,
}
HUGE = {
    'container_hugetlb_usage_bytes{pagesize="2MB"}': 2_097_152,
    'container_hugetlb_failcnt{pagesize="2MB"}': 7,
}
BOTH = CPU | MEMORY | SPEC | IO | NETWORK | PROCESS | SOCKETS | ADVANCED | SCHED | HUGE
V2 = {
    "container_memory_pgscan_total": 3,
    "container_memory_pgsteal_total": 4,
    "container_memory_workingset_refault_file_total": 2,
    "container_memory_events_high_total": 2,
    "container_memory_events_max_total": 5,
    "container_spec_cpu_shares": 2597,
    "container_threads_max": 100,
    'container_fs_io_cost_usage_seconds_total{device="/dev/sda"}': 1.5,
    'container_memory_numa_pages{type="anon",scope="hierarchy",node="0"}': 2,
} | PRESSURE
V1 = {
    "container_spec_cpu_shares": 512,
    "container_threads_max": 0,
    "container_memory_migrate": 1,
    'container_memory_numa_pages{type="anon",scope="container",node="0"}': 2,
    'container_memory_numa_pages{type="anon",scope="hierarchy",node="0"}': 9,
    'container_hugetlb_max_usage_bytes{pagesize="2MB"}': 4_194_304,
}


def scrape(tmp_path: Path, root: Path, path: str, names: tuple[str, ...]) -> dict[str, float]:
    settings = Settings(
        cgroup_root=str(root),
        procfs=str(cgroups.procfs(tmp_path / "proc")),
        sysfs=str(cgroups.sysfs(tmp_path / "sys")),
        groups=names,
    )
    page = samples(Scraper(settings, SystemClock()).scrape({}))
    mark = f'id="{path}",name="{cgroups.ID}"'
    own = {key: value for key, value in page.items() if mark in key}
    return {key.replace(f"{{{mark}}}", "").replace(f"{mark},", ""): value for key, value in own.items()}


ALL = tuple(group.name for group in groups if group.name not in ("percpu", "filesystem"))


def test_version_2(tmp_path: Path) -> None:
    page = scrape(tmp_path, cgroups.v2(tmp_path / "cg", cgroups.SYSTEMD), cgroups.SYSTEMD, ALL)
    assert {key: page.get(key) for key in BOTH | V2} == BOTH | V2


@pytest.mark.parametrize("hybrid", [False, True])
def test_version_1_and_hybrid(tmp_path: Path, hybrid: bool) -> None:
    path = f"/docker/{cgroups.ID}"
    page = scrape(tmp_path, cgroups.v1(tmp_path / "cg", path, hybrid=hybrid), path, ALL)
    expected = BOTH | V1 | (PRESSURE if hybrid else {})
    assert {key: page.get(key) for key in expected} == expected


def test_cpus_one_by_one(tmp_path: Path) -> None:
    path = f"/docker/{cgroups.ID}"
    page = scrape(tmp_path, cgroups.v1(tmp_path / "cg", path), path, ("percpu",))
    assert page['container_cpu_usage_seconds_total{cpu="cpu00"}'] == 3
    assert page['container_cpu_usage_seconds_total{cpu="cpu01"}'] == 4


def test_a_group_without_files_has_no_figures(tmp_path: Path) -> None:
    path = f"/docker/{cgroups.ID}"
    (tmp_path / "cg" / path.lstrip("/")).mkdir(parents=True)
    (tmp_path / "cg/cgroup.controllers").touch()
    page = scrape(tmp_path, tmp_path / "cg", path, tuple(name for name in ALL if name != "process"))
    figures = {
        key for key in page if not key.startswith(("container_last_seen", "container_creation", "container_start"))
    }
    assert {key for key in figures if page[key] != 0} == set()


@pytest.mark.parametrize("name", [group.name for group in groups])
def test_every_group_declares_its_families(name: str) -> None:
    plugin = groups[name]
    assert plugin.summary.endswith(".")
    for family, (kind, text) in plugin.facts["families"].items():
        assert family.startswith("container_")
        assert kind in ("counter", "gauge")
        assert text


def test_every_group_is_documented() -> None:
    text = (Path(__file__).parents[5] / "docs" / "reference" / "container-exporter.md").read_text()
    for group in groups:
        assert f"| `{group.name}` | {'on' if group.default else 'off'} |" in text
        assert [family for family in group.facts["families"] if f"`{family}`" not in text] == []


# What kubernetes-mixin's rules, alerts and dashboards ask a kubelet's cAdvisor for.
MIXIN = [
    "cpu_usage_seconds_total",
    "cpu_cfs_periods_total",
    "cpu_cfs_throttled_periods_total",
    "memory_working_set_bytes",
    "memory_rss",
    "memory_cache",
    "memory_swap",
    "memory_usage_bytes",
    "network_receive_bytes_total",
    "network_transmit_bytes_total",
    "network_receive_packets_total",
    "network_transmit_packets_total",
    "network_receive_packets_dropped_total",
    "network_transmit_packets_dropped_total",
    "fs_reads_total",
    "fs_writes_total",
    "fs_reads_bytes_total",
    "fs_writes_bytes_total",
]


def test_what_kubernetes_mixin_needs_is_on_by_default() -> None:
    default = {family for group in groups if group.default for family in group.facts["families"]}
    assert {f"container_{name}" for name in MIXIN} <= default
