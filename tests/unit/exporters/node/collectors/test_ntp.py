import socket
import struct
import threading
import time

import pytest

from exporters.node.collectors.ntp import Answer, parse_answer
from tests.support.node_exporter import collect


def stamp(seconds: float) -> int:
    return int((seconds + 2_208_988_800) * (1 << 32))


def packet(origin: int, server_time: float, *, first: int = 0x24, stratum: int = 2) -> bytes:
    moment = stamp(server_time)
    return struct.pack(
        "!BBbbII4sQQQQ", first, stratum, 6, -20, 655, 1310, b"LAMP", stamp(1.7e9), origin, moment, moment
    )


def test_offset_and_round_trip() -> None:
    answer = parse_answer(packet(stamp(100.0), 105.1), stamp(100.0), 100.0, 100.2)
    assert answer.offset_s == pytest.approx(5.0, abs=1e-6)
    assert answer.round_trip_s == pytest.approx(0.2, abs=1e-6)
    assert (answer.stratum, answer.leap, answer.reference) == (2, 0, 1.7e9)
    assert answer.root_distance_s == pytest.approx(655 / 65536 / 2 + 0.1 + 1310 / 65536)


@pytest.mark.parametrize(
    ("leap", "stratum", "offset", "sane"),
    [(0, 2, 0.0, True), (3, 2, 0.0, False), (0, 0, 0.0, False), (0, 2, 1.0, False)],
)
def test_sanity(leap: int, stratum: int, offset: float, sane: bool) -> None:
    answer = Answer(leap, stratum, 0.01, 0.01, 0, 100 + offset, 100 + offset, 100, 100.001)
    assert answer.sane(3.5, 0.001) is sane


@pytest.mark.parametrize("data", [b"short", packet(1, 0), packet(stamp(5), 0, first=0x23)])
def test_what_is_no_answer(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"expected 48|not the answer"):
        parse_answer(data, stamp(5), 5, 5)


def test_a_server_on_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(5)

        def serve() -> None:
            data, client = server.recvfrom(512)
            server.sendto(packet(struct.unpack_from("!Q", data, 40)[0], time.time()), client)

        thread = threading.Thread(target=serve)
        thread.start()
        page = collect("ntp", [f"--collector.ntp.server-port={server.getsockname()[1]}"])
        thread.join()
    assert page["node_ntp_stratum"] == 2
    assert abs(page["node_ntp_offset_seconds"]) < 5
    assert page["node_ntp_root_delay_seconds"] == pytest.approx(655 / 65536)


def test_public_servers_are_refused() -> None:
    with pytest.raises(ValueError, match="only a loopback address"):
        collect("ntp", ["--collector.ntp.server=pool.example"])
    with pytest.raises(ValueError, match="expected 2, 3 or 4"):
        collect("ntp", ["--collector.ntp.protocol-version=5"])
