"""Starting a node exporter, ours or the real one, on a file tree of ours, and reading its page.

`python -m tests.support.node_exporter` writes the golden page anew; look at the difference before you commit it.
"""

import argparse
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import httpx

from exporters.node.config import Settings
from tests.support.processes import PHAROS, free_port, running, wait_for
from tests.support.tree import FIXTURES, unpack

ARCHIVE = FIXTURES / "exporters" / "machine.tree"
GOLDEN = FIXTURES.parent / "golden" / "exporters" / "machine.prom"
# What the archive has data for, and what does not depend on the machine the test runs on.
COLLECTORS = [
    "arp",
    "bcache",
    "bcachefs",
    "bonding",
    "btrfs",
    "buddyinfo",
    "cgroups",
    "conntrack",
    "cpu",
    "cpu_vulnerabilities",
    "cpufreq",
    "diskstats",
    "dmi",
    "dmmultipath",
    "drbd",
    "drm",
    "edac",
    "entropy",
    "fibrechannel",
    "filefd",
    "hwmon",
    "infiniband",
    "interrupts",
    "ipvs",
    "kernel_hung",
    "ksmd",
    "lnstat",
    "loadavg",
    "mdadm",
    "meminfo",
    "meminfo_numa",
    "mountstats",
    "netclass",
    "netdev",
    "netstat",
    "nfs",
    "nfsd",
    "nvme",
    "nvmesubsystem",
    "os",
    "pcidevice",
    "powersupplyclass",
    "pressure",
    "processes",
    "qdisc",
    "rapl",
    "schedstat",
    "slabinfo",
    "sockstat",
    "softirqs",
    "softnet",
    "stat",
    "swap",
    "sysctl",
    "tapestats",
    "textfile",
    "thermal_zone",
    "udp_queues",
    "vmstat",
    "watchdog",
    "xfrm",
    "xfs",
    "zfs",
    "zoneinfo",
]


def flags(tree: Path, collectors: list[str]) -> list[str]:
    """The command line for these collectors on a tree."""
    wanted = {
        "path.procfs": "proc",
        "path.sysfs": "sys",
        "path.rootfs": "root",
        "path.udev.data": "udev",
        "collector.qdisc.fixtures": "qdisc",
        "collector.textfile.directory": "textfile",
    }
    return [
        *(f"--{flag}={tree / folder}" for flag, folder in wanted.items()),
        "--collector.disable-defaults",
        *(f"--collector.{name}" for name in collectors),
        "--collector.sysctl.include=kernel.threads-max",
        "--collector.sysctl.include=fs.file-nr:used,free,most",
        "--collector.sysctl.include-info=kernel.seccomp.actions_avail",
        "--no-collector.arp.netlink",
        "--no-collector.netdev.netlink",
        "--collector.cpu.info",
        "--collector.stat.softirq",
        "--collector.bcache.priorityStats",
    ]


def machine(folder: Path) -> Path:
    """The archive of a made-up machine, unpacked."""
    return unpack(ARCHIVE, folder)


def page_of(argv: list[str], log: Path) -> str:
    """Start an exporter, scrape it once, stop it."""
    port = free_port()
    with running([*argv, f"--web.listen-address=127.0.0.1:{port}"], log) as process:

        def scrape() -> str:
            assert process.poll() is None, log.read_text()
            return httpx.get(f"http://127.0.0.1:{port}/metrics").raise_for_status().text

        text: str = wait_for("a page", scrape)
    return text


def our_page(arguments: list[str], log: Path) -> str:
    return page_of([*PHAROS, "node-exporter", "--collector.deadline=60s", *arguments], log)


def knows(binary: str, collector: str) -> bool:
    """Whether a real node_exporter has a collector."""
    text = subprocess.run([binary, "--help"], capture_output=True, text=True, check=False)
    return f"collector.{collector} " in (text.stdout + text.stderr).replace("\n", " ")


def series(page: str) -> dict[str, float]:
    """`name{labels sorted}` and value of each sample."""
    from exporters.page import label_text
    from exporters.textformat import parse

    return {
        f"{family.name}{suffix}{label_text(sorted(labels.items())).strip() if labels else ''}": value
        for family in parse(page).families.values()
        for suffix, labels, value, _ in family.samples
    }


def heads(page: str) -> dict[str, tuple[str, str]]:
    """Type and help of each family."""
    from exporters.textformat import parse

    return {family.name: (family.type, family.help) for family in parse(page).families.values()}


def settings_of(arguments: list[str], file: str = "") -> Settings:
    """The settings of a command line."""
    from exporters.node.config import settings

    return settings(_parser().parse_args(arguments), file)


@cache
def _parser() -> argparse.ArgumentParser:
    from exporters.node.app import add_flags
    from pharos.flags import Flags

    parser = argparse.ArgumentParser(allow_abbrev=False)
    flags_ = Flags(parser)
    flags_.web(":0")
    add_flags(flags_)
    return parser


def collect(name: str, arguments: list[str]) -> dict[str, float]:
    """The series of one collector. Raises what the collector raises."""
    from exporters.node.host import Host
    from exporters.node.registry import build_collector, collectors
    from exporters.page import samples
    from pharos.clock import SystemClock

    chosen = settings_of([*arguments, f"--collector.{name}"])
    collector = build_collector(collectors[name], Host(chosen.roots, SystemClock()), chosen.options[name])
    return samples(collector())


def golden_page(folder: Path) -> str:
    """The page of the made-up machine, families of single collectors one after another, the folder's name taken out."""
    from exporters.node.host import Host
    from exporters.node.registry import build_collector, collectors
    from exporters.page import PageWriter
    from pharos.clock import SystemClock

    tree = machine(folder / "machine")
    chosen = settings_of(flags(tree, list(COLLECTORS)))
    host = Host(chosen.roots, SystemClock())
    metrics = [
        metric
        for name, options in chosen.options.items()
        for metric in build_collector(collectors[name], host, options)()
        if metric.name != "node_textfile_mtime_seconds"
    ]
    return PageWriter().render(metrics).decode().replace(str(tree), "TREE")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        GOLDEN.write_text(golden_page(Path(temporary)))
    sys.exit(0)
