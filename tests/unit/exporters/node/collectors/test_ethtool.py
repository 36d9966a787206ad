import pytest

from exporters.node.collectors.ethtool import family_name
from tests.support.node_exporter import collect


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("rx_queue_0_packets", "received_queue_0_packets"),
        ("tx errors", "transmitted_errors"),
        ("[0]: rx", "0___received"),
        ("prx_x", "prx_x"),
    ],
)
def test_names(key: str, name: str) -> None:
    assert family_name(key) == name


def test_this_machines_devices_can_be_asked() -> None:
    page = collect("ethtool", [])
    assert all(key.startswith(("node_ethtool_", "node_network_")) for key in page)
