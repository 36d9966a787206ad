import struct

from exporters.links import parse_link


def attribute(kind: int, payload: bytes) -> bytes:
    length = 4 + len(payload)
    return struct.pack("=HH", length, kind) + payload + bytes(-length % 4)


def number(kind: int, value: int) -> bytes:
    return attribute(kind, struct.pack("=I", value))


def test_a_device_with_another_name() -> None:
    body = struct.pack("=BxHiII", 0, 1, 7, 0x11043, 0)
    body += attribute(3, b"eth0\0") + number(4, 1500) + number(13, 1000) + attribute(16, b"\6") + attribute(17, b"\0")
    body += attribute(1, bytes.fromhex("0242ac110002")) + attribute(2, b"\xff" * 6) + number(35, 3)
    body += attribute(0x8000 | 52, attribute(53, b"enp0s3\0"))
    link = parse_link(body)
    assert link.name == "eth0"
    assert link.numbers == {
        "mtu": 1500, "tx_queue_len": 1000, "link_mode": 0, "dormant": 0, "carrier_changes": 3, "type": 1, "ifindex": 7,
        "flags": 0x11043, "iflink": 7,
    }  # fmt: skip
    assert link.texts == {
        "address": "02:42:ac:11:00:02", "broadcast": "ff:ff:ff:ff:ff:ff", "operstate": "up", "ifalias": "",
    }  # fmt: skip
    assert link.other_names == ("enp0s3",)


def test_a_device_on_top_of_another() -> None:
    body = struct.pack("=BxHiII", 0, 1, 8, 0, 0) + attribute(3, b"veth1\0") + number(5, 3)
    assert parse_link(body).numbers["iflink"] == 3
    assert parse_link(body).texts["operstate"] == "unknown"
