import json
import struct
from base64 import b64encode
from pathlib import Path

import pytest

from exporters import nl80211
from exporters.netlink import attributes
from exporters.nl80211 import Interface, Kernel, Network, Recorded, network_of, station_of


def attribute(kind: int, payload: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(payload), kind) + payload + b"\0" * (-len(payload) % 4)


RATE = attribute(1, struct.pack("=H", 650)) + attribute(5, struct.pack("=I", 8667))
INFO = b"".join(
    [
        attribute(1, struct.pack("=I", 400)),
        attribute(2, struct.pack("=I", 7)),
        attribute(7, struct.pack("=b", -52)),
        attribute(8, RATE),
        attribute(14, attribute(1, struct.pack("=H", 540))),
        attribute(16, struct.pack("=I", 30)),
        attribute(23, struct.pack("=Q", 1 << 40)),
    ]
)
BEACON = b"\x01\x02ab" + b"\x00\x05Lamps" + b"\x03\x01\x06"
BSS = attribute(1, bytes.fromhex("001122334455")) + attribute(6, BEACON) + attribute(9, struct.pack("=I", 1))


def test_a_station() -> None:
    station = station_of("aa:bb", attributes(INFO, 0))
    assert (station.inactive_s, station.connected_s, station.signal_dbm) == (0.4, 30, -52)
    assert (station.transmit_bits, station.receive_bits) == (866_700_000, 54_000_000)
    assert (station.received_bytes, station.transmitted_bytes) == (1 << 40, 0)


def test_a_network_and_one_of_others() -> None:
    assert network_of(attributes(BSS, 0)) == Network("00:11:22:33:44:55", "Lamps", 1)
    assert network_of(attributes(attribute(1, bytes(6)), 0)) is None


def test_asking_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def dump(kind: int, request: bytes, protocol: int) -> list[bytes]:
        asked.append((kind, request[0], protocol))
        if kind == 16:
            return [bytes(4) + attribute(1, struct.pack("=H", 33)) + attribute(2, b"nl80211\0")]
        name = attribute(4, b"wlan0\0") + attribute(3, struct.pack("=I", 5)) + attribute(38, struct.pack("=I", 2412))
        station = attribute(6, bytes.fromhex("aabbccddeeff")) + attribute(21, INFO)
        return [bytes(4) + {5: name, 17: station, 32: attribute(47, BSS)}[request[0]]]

    monkeypatch.setattr(nl80211, "dump", dump)
    kernel = Kernel()
    (interface,) = kernel.interfaces()
    assert interface == Interface("wlan0", 2412, 5)
    assert [station.address for station in kernel.stations(interface)] == ["aa:bb:cc:dd:ee:ff"]
    assert kernel.network(interface) == Network("00:11:22:33:44:55", "Lamps", 1)
    assert asked == [(16, 3, 16), (33, 5, 16), (33, 17, 16), (33, 32, 16)]


def test_a_kernel_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nl80211, "dump", lambda *_: [])
    with pytest.raises(FileNotFoundError, match="no nl80211"):
        Kernel()


def test_recorded(tmp_path: Path) -> None:
    (tmp_path / "interfaces.json").write_text('[{"name": "wlan0", "frequency": 2412}, {"type": 10}]')
    (tmp_path / "wlan0").mkdir()
    station = {"hardwareaddr": b64encode(bytes(6)).decode(), "connected": 30_000_000_000}
    (tmp_path / "wlan0/stationinfo.json").write_text(json.dumps([station]))
    source = Recorded(str(tmp_path))
    (interface,) = source.interfaces()
    assert source.network(interface) is None
    assert [found.connected_s for found in source.stations(interface)] == [30]
