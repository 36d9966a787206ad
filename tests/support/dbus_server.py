"""A bus with made-up objects, for the collectors that ask over D-Bus."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from exporters.dbus import Reader, complete_types, marshal, message

# Answers a call: path, interface, member, arguments -> signature and values, or None for an error.
Answer = Callable[[str, str, str, list[Any]], tuple[str, list[Any]] | None]


@contextlib.contextmanager
def serving(path: Path, answer: Answer) -> Iterator[None]:
    """A bus on a Unix socket until the block ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        thread = threading.Thread(target=_accept, args=(listening, answer), daemon=True)
        thread.start()
        yield
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def _accept(listening: socket.socket, answer: Answer) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listening.accept()
            with connection, contextlib.suppress(ConnectionError, EOFError):
                _talk(connection, answer)


def _talk(connection: socket.socket, answer: Answer) -> None:
    with connection.makefile("rb") as stream:
        stream.readline()
        connection.sendall(b"OK 0123456789abcdef\r\n")
        stream.readline()
        while head := stream.read(16):
            body_length, serial, fields_length = (int.from_bytes(head[at : at + 4], "little") for at in (4, 8, 12))
            rest = stream.read((fields_length + 7) // 8 * 8)
            fields = dict(Reader(head + rest, "<", at=12).read("a(yv)"))
            reader = Reader(stream.read(body_length), "<")
            values = [reader.read(each) for each in complete_types(fields.get(8, ""))]
            found = ("s", [":1.1"]) if fields[3] == "Hello" else answer(fields[1], fields[2], fields[3], values)
            kind, (signature, out) = (2, found) if found is not None else (3, ("s", ["no such property"]))
            reply: list[tuple[int, tuple[str, Any]]] = [(5, ("u", serial)), (8, ("g", signature))]
            reply += [] if found is not None else [(4, ("s", "org.freedesktop.DBus.Error.UnknownProperty"))]
            connection.sendall(message(kind, serial, reply, marshal(signature, out)))
