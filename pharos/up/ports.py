"""Before anything starts: are the ports free, and if not, who has them?"""

import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class TakenPort:
    """A port that another process listens on."""

    part: str
    port: int
    holder: str

    def __str__(self) -> str:
        return f"port {self.port} ({self.part}) is held by {self.holder}"


def taken_ports(wanted: Iterable[tuple[str, str, int]]) -> list[TakenPort]:
    """Which of the wanted `(part, host, port)` are in use."""
    return [TakenPort(part, port, holder(port)) for part, host, port in wanted if not is_free(host, port)]


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def holder(port: int) -> str:
    """Name and pid of the process that listens on `port`, as far as this user may know."""
    try:
        listening = [
            connection.pid
            for connection in psutil.net_connections(kind="tcp")
            if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port
        ]
        pid = next((pid for pid in listening if pid), None)
        if pid is None:
            return "a process of another user"
        process = psutil.Process(pid)
        program, *arguments = process.cmdline() or [process.name()]
        command = " ".join([os.path.basename(program), *arguments])[:80]
    except psutil.Error:
        return "a process that cannot be looked up"
    return f"pid {pid}: {command}"
