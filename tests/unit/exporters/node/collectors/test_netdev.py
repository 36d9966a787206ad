import pytest

from exporters.node.collectors.netdev import classic
from tests.support.node_exporter import collect


def test_classic_names_sum_the_detailed_figures() -> None:
    assert classic({"receive_dropped": 1, "receive_missed_errors": 2, "multicast": 3, "receive_bytes": 4}) == {
        "receive_drop": 3,
        "receive_multicast": 3,
        "receive_bytes": 4,
    }


@pytest.mark.parametrize("switch", ["--collector.netdev.netlink", "--no-collector.netdev.netlink"])
def test_both_sources_know_loopback(switch: str) -> None:
    page = collect("netdev", [switch, "--collector.netdev.device-include=^lo$"])
    assert {key.split('"')[1] for key in page} == {"lo"}
    for name in ("receive_bytes", "transmit_errs", "receive_drop", "transmit_carrier"):
        assert f'node_network_{name}_total{{device="lo"}}' in page


def test_detailed_names_and_addresses() -> None:
    page = collect("netdev", ["--collector.netdev.enable-detailed-metrics", "--collector.netdev.address-info"])
    assert 'node_network_receive_length_errors_total{device="lo"}' in page
    assert 'node_network_address_info{device="lo",address="127.0.0.1",netmask="8",scope="link-local"}' in page
