"""All collectors on a made-up machine, against a page that was looked at (`python -m tests.support.node_exporter` writes it anew)."""

from pathlib import Path

import pytest

from exporters.node.registry import NoData
from tests.support import node_exporter
from tests.support.node_exporter import COLLECTORS, GOLDEN, collect, golden_page


def test_the_page_of_the_made_up_machine(tmp_path: Path) -> None:
    found, expected = golden_page(tmp_path).splitlines(), GOLDEN.read_text().splitlines()
    assert [line for line in found if line not in expected] == []
    assert [line for line in expected if line not in found] == []


# On an empty machine these have an empty page; the others say that they have no data.
EMPTY = {
    "bcache",
    "btrfs",
    "cpufreq",
    "dmmultipath",
    "drm",
    "edac",
    "ksmd",
    "netclass",
    "thermal_zone",
    "watchdog",
    "xfs",
}
EMPTY |= {
    "cpu_vulnerabilities",
    "sysctl",
    "textfile",
    "meminfo_numa",
    "sockstat",
    "qdisc",
    "nvmesubsystem",
    "powersupplyclass",
}


@pytest.mark.parametrize("name", COLLECTORS)
def test_a_machine_without_it_is_no_error(name: str, tmp_path: Path) -> None:
    arguments = [
        *(f"--path.{root}={tmp_path}" for root in ("procfs", "sysfs", "rootfs", "udev.data")),
        "--no-collector.arp.netlink",
        "--no-collector.netdev.netlink",
    ]
    try:
        page = collect(name, arguments)
    except (NoData, FileNotFoundError):
        return
    assert name in EMPTY
    assert not [key for key in page if name != "qdisc" and "textfile_scrape_error" not in key]


def test_arguments_of_the_support_module_are_known(tmp_path: Path) -> None:
    assert node_exporter.settings_of(node_exporter.flags(tmp_path, ["cpu"])).options["cpu"].info
