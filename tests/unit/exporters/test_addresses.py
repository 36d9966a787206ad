import ipaddress

import pytest

from exporters.addresses import interface_addresses, scope


@pytest.mark.parametrize(
    ("address", "reach"),
    [
        ("127.0.0.1", "link-local"),
        ("fe80::1", "link-local"),
        ("10.0.0.1", "global"),
        ("2001:db8::1", "global"),
        ("::", ""),
    ],
)
def test_scope(address: str, reach: str) -> None:
    assert scope(ipaddress.ip_address(address)) == reach


def test_this_machine_has_its_loopback() -> None:
    found = {(each.device, each.address, each.netmask, each.scope) for each in interface_addresses()}
    assert ("lo", "127.0.0.1", 8, "link-local") in found
