from typing import Any

import pytest

from exporters.node import portable
from exporters.node.host import Host
from exporters.page import samples
from pharos.registry import Registry

EXPECTED = {
    "cpu": 'node_cpu_seconds_total{cpu="0",mode="idle"}',
    "meminfo": "node_memory_total_bytes",
    "loadavg": "node_load15",
    "netdev": 'node_network_receive_bytes_total{device="lo"}',
    "time": "node_boot_time_seconds",
}


@pytest.fixture
def registry() -> Registry[Any]:
    made: Registry[Any] = Registry("portable")
    portable.register(made)
    return made


def test_all_of_it_works_here_too(registry: Registry[Any]) -> None:
    names = {plugin.name for plugin in registry}
    assert names == {"cpu", "meminfo", "loadavg", "diskstats", "filesystem", "netdev", "uname", "time"}
    for plugin in registry:
        page = samples(plugin.factory(Host()))
        assert EXPECTED.get(plugin.name, next(iter(page), "")) in {*page, ""}
        assert plugin.summary.endswith(".")
