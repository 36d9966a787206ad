import pytest

from exporters.node.host import Host, Roots


def test_paths_below_the_roots() -> None:
    host = Host(Roots("/host/proc", "/host/sys", "/host/root", "/udev"))
    assert host.proc("stat") == "/host/proc/stat"
    assert host.sys("class/net") == "/host/sys/class/net"
    assert host.udev("b8:0") == "/udev/b8:0"


@pytest.mark.parametrize(("rootfs", "path"), [("/", "/etc/os-release"), ("/host", "/host/etc/os-release")])
def test_the_hosts_own_files(rootfs: str, path: str) -> None:
    assert Host(Roots(rootfs=rootfs)).root("etc/os-release") == path
    assert Host(Roots(rootfs=rootfs)).root("/etc/os-release") == path
