import socket
import struct

from exporters import netlink


def attribute(kind: int, payload: bytes) -> bytes:
    length = 4 + len(payload)
    return struct.pack("=HH", length, kind) + payload + b"\0" * (-length % 4)


def test_attributes_are_padded_and_flagged() -> None:
    body = b"HEAD" + attribute(3, b"eth0\0") + attribute(0x8000 | 7, b"ab") + attribute(9, b"")
    assert netlink.attributes(body, 4) == {3: b"eth0\0", 7: b"ab", 9: b""}
    assert netlink.text(b"eth0\0") == "eth0"


def test_reading_stops_at_the_last_wanted_one() -> None:
    body = attribute(3, b"a") + attribute(4, b"b") + attribute(5, b"c")
    assert set(netlink.attributes(body, 0, last=4)) == {3, 4}


def test_a_broken_attribute_ends_the_reading() -> None:
    assert netlink.attributes(struct.pack("=HH", 0, 3) + b"junk", 0) == {}


def test_links_of_this_machine() -> None:
    names = {netlink.text(netlink.attributes(body, 16)[3]) for body in netlink.dump(netlink.RTM_GETLINK, bytes(16))}
    assert names == {name for _, name in socket.if_nameindex()}
