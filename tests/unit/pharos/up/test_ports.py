import os
import socket

from pharos.up.ports import is_free, taken_ports


def test_a_taken_port_names_its_holder() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        [taken] = taken_ports([("collector", "127.0.0.1", port)])
        assert str(taken).startswith(f"port {port} (collector) is held by pid {os.getpid()}: ")
    assert is_free("127.0.0.1", port)
    assert taken_ports([("collector", "127.0.0.1", port)]) == []
