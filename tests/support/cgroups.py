"""Made-up cgroup trees: a v2 host, a v1 host, a hybrid one."""

from pathlib import Path

ID = "4a5b6c7d8e9f" * 5 + "4a5b"
POD = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod11111111_2222_3333_4444_555555555555.slice"
UID = "11111111-2222-3333-4444-555555555555"
SYSTEMD = f"{POD}/cri-containerd-{ID}.scope"

_V2_FILES = {
    "cgroup.events": "populated 1\nfrozen 0\n",
    "cgroup.procs": "11\n",
    "cpu.stat": "usage_usec 7000000\nuser_usec 5000000\nsystem_usec 2000000\nnr_periods 100\nnr_throttled 40\n"
    "throttled_usec 1500000\nnr_bursts 3\nburst_usec 500000\n",
    "cpu.max": "20000 100000\n",
    "cpu.weight": "100\n",
    "cpu.pressure": "some avg10=0.00 avg60=0.00 avg300=0.00 total=3000000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=1000000\n",
    "memory.current": "10000000\n",
    "memory.peak": "12000000\n",
    "memory.max": "67108864\n",
    "memory.min": "0\n",
    "memory.swap.current": "4096\n",
    "memory.swap.max": "max\n",
    "memory.events": "low 0\nhigh 2\nmax 5\noom 1\noom_kill 1\n",
    "memory.stat": "anon 6000000\nfile 3000000\nkernel 500000\nfile_mapped 1000\nfile_dirty 200\nfile_writeback 100\n"
    "inactive_file 2000000\nactive_file 1000000\nworkingset_refault_anon 1\nworkingset_refault_file 2\npgscan 3\npgsteal 4\n"
    "pgfault 500\npgmajfault 6\n",
    "memory.numa_stat": "anon N0=8192 N1=4096\nfile N0=4096 N1=0\nunevictable N0=0 N1=0\nkernel_stack N0=1 N1=1\n",
    "io.stat": "8:0 rbytes=1000 wbytes=2000 rios=10 wios=20 dbytes=0 dios=0 cost.usage=1500000\n",
    "pids.current": "3\n",
    "pids.max": "100\n",
    "hugetlb.2MB.current": "2097152\n",
    "hugetlb.2MB.events": "max 7\n",
}
_V1_FILES = {
    "cpuacct/cpuacct.usage": "7000000000\n",
    "cpuacct/cpuacct.usage_percpu": "3000000000 4000000000 \n",
    "cpuacct/cpuacct.stat": "user 500\nsystem 200\n",
    "cpu/cpu.shares": "512\n",
    "cpu/cpu.cfs_quota_us": "20000\n",
    "cpu/cpu.cfs_period_us": "100000\n",
    "cpu/cpu.stat": "nr_periods 100\nnr_throttled 40\nthrottled_time 1500000000\nnr_bursts 3\nburst_time 500000000\n",
    "memory/memory.usage_in_bytes": "10000000\n",
    "memory/memory.max_usage_in_bytes": "12000000\n",
    "memory/memory.limit_in_bytes": "67108864\n",
    "memory/memory.memsw.limit_in_bytes": "9223372036854771712\n",
    "memory/memory.soft_limit_in_bytes": "9223372036854771712\n",
    "memory/memory.failcnt": "5\n",
    "memory/memory.kmem.usage_in_bytes": "500000\n",
    "memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n",
    "memory/memory.stat": "cache 1\nrss 2\npgfault 400\npgmajfault 5\ntotal_cache 3000000\ntotal_rss 6000000\ntotal_swap 4096\n"
    "total_mapped_file 1000\ntotal_inactive_file 2000000\ntotal_active_file 1000000\ntotal_pgfault 500\ntotal_pgmajfault 6\n"
    "total_dirty 200\ntotal_writeback 100\n",
    "memory/memory.numa_stat": "total=3 N0=3\nfile=1 N0=1\nanon=2 N0=2\nunevictable=0 N0=0\nhierarchical_anon=9 N0=9\n",
    "memory/cgroup.procs": "11\n",
    "memory/cgroup.clone_children": "0\n",
    "blkio/blkio.throttle.io_service_bytes_recursive": "8:0 Read 1000\n8:0 Write 2000\n8:0 Sync 3000\nTotal 3000\n",
    "blkio/blkio.throttle.io_serviced": "8:0 Read 10\n8:0 Write 20\nTotal 30\n",
    "pids/pids.current": "3\n",
    "pids/pids.max": "max\n",
    "hugetlb/hugetlb.2MB.usage_in_bytes": "2097152\n",
    "hugetlb/hugetlb.2MB.failcnt": "7\n",
    "hugetlb/hugetlb.2MB.max_usage_in_bytes": "4194304\n",
    "cpuset/cpuset.memory_migrate": "1\n",
}


def v2(root: Path, *paths: str) -> Path:
    """A v2 tree with these groups and those above them."""
    _write(
        root, {"cgroup.controllers": "cpu io memory pids\n", "cpu.stat": "usage_usec 9\nuser_usec 5\nsystem_usec 4\n"}
    )
    for path in paths:
        _write(root / path.lstrip("/"), _V2_FILES)
    return root


def v1(root: Path, *paths: str, hybrid: bool = False) -> Path:
    """A v1 tree, `cpu` and `cpuacct` in one folder; with a v2 tree beside it when hybrid."""
    for path in paths:
        for name, text in _V1_FILES.items():
            controller, _, file = name.partition("/")
            folder = "cpu,cpuacct" if controller in ("cpu", "cpuacct") else controller
            _write(root / folder / path.lstrip("/"), {file: text})
        if hybrid:
            _write(root / "unified" / path.lstrip("/"), {"cpu.pressure": _V2_FILES["cpu.pressure"]})
    if hybrid:
        _write(root / "unified", {"cgroup.controllers": ""})
    return root


def procfs(root: Path, pid: str = "11") -> Path:
    """A /proc with one process in a network of its own, and process 1 in the host's."""
    header = "Inter-| Receive\n face |bytes\n"
    for number, network, device in (("1", "net:[1]", "eth0"), (pid, "net:[2]", "eth0")):
        folder = root / number
        lines = f"    lo: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n  {device}: {number}000 10 1 2 0 0 0 0 500 5 3 4 0 0 0 0\n"
        _write(folder, {"net/dev": header + lines, "schedstat": "1000000000 500000000 77\n"})
        _write(
            folder,
            {"limits": "Limit  Soft Limit  Hard Limit  Units\nMax open files            1024       4096      files\n"},
        )
        (folder / "ns").mkdir()
        (folder / "ns/net").symlink_to(network)
        (folder / "fd").mkdir()
        (folder / "fd/0").symlink_to("/dev/null")
        (folder / "fd/3").symlink_to("socket:[4711]")
    udp = "  1: 0:35 0:0 07 00000010:00000020 00:00000000 00000000 0 0 1 2 0000000000000000 3\n"
    tcp = "  1: 0:35 0:0 0A 00000000:00000000 00:00000000 00000000 0 0 1 1 0 100 0 0 10 0\n"
    counters = "Ip: Forwarding\nIp: 1\nTcp: RtoMin RetransSegs\nTcp: 200 17\n"
    _write(root / pid, {"net/snmp": counters, "net/netstat": "TcpExt: ListenDrops\nTcpExt: 4\n"})
    _write(root / pid, {"smaps_rollup": "7f00-7fff ---p 0 00:00 0  [rollup]\nRss: 90 kB\nReferenced:   80 kB\n"})
    _write(root / pid / "net", {"tcp": f"head\n{tcp}{tcp}", "udp": f"head\n{udp}"})
    return root


def sysfs(root: Path) -> Path:
    _write(root / "dev/block/8:0", {"uevent": "MAJOR=8\nMINOR=0\nDEVNAME=sda\nDEVTYPE=disk\n"})
    return root


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
