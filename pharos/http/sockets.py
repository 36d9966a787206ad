"""Listening sockets, bound before anything else starts so that a taken port is told at once."""

import errno
import socket

from pharos.http.options import split_address


class PortTakenError(OSError):
    """The port is in use; the text names it."""


def bind_socket(address: str) -> socket.socket:
    """A listening TCP socket. Raises `PortTakenError`, `ValueError` or `OSError`."""
    host, port = split_address(address)
    family = socket.AF_INET6 if ":" in host or (not host and socket.has_ipv6) else socket.AF_INET
    try:
        listening = socket.create_server(
            (host, port), family=family, backlog=1024, dualstack_ipv6=family == socket.AF_INET6 and not host
        )
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            text = f"port {port} on {host or 'all addresses'} is already in use"
            raise PortTakenError(errno.EADDRINUSE, text) from error
        raise
    # Accepted sockets inherit this; asyncio would not set it, and each answer would wait 40 ms for a delayed ACK.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def shown_url(listening: socket.socket, address: str, *, tls: bool) -> str:
    """The URL of a server that was told to listen on `address`."""
    host = split_address(address)[0] or "127.0.0.1"
    name = f"[{host}]" if ":" in host else host
    return f"{'https' if tls else 'http'}://{name}:{listening.getsockname()[1]}"
