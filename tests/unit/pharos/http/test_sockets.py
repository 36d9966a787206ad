import socket

import pytest

from pharos.http.sockets import PortTakenError, bind_socket, shown_url


def test_a_taken_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"port {port} on 127.0.0.1 is already in use"):
            bind_socket(f"127.0.0.1:{port}")


def test_answers_leave_at_once_and_the_url_has_the_port_that_was_picked() -> None:
    with bind_socket("127.0.0.1:0") as listening:
        assert listening.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        port = listening.getsockname()[1]
        assert shown_url(listening, "127.0.0.1:0", tls=False) == f"http://127.0.0.1:{port}"
        assert shown_url(listening, "[::1]:0", tls=True) == f"https://[::1]:{port}"
        assert shown_url(listening, ":0", tls=False) == f"http://127.0.0.1:{port}"
