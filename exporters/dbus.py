"""A little D-Bus: method calls over the system bus, for systemd and logind.

A message is a header `endianness, type, flags, version, u32 body length, u32 serial, array of (byte, variant)`, padded to 8, then the body;
all values stand on multiples of their size (D-Bus specification, "Message Protocol").
"""

import os
import socket
import struct
from typing import Any, Final, Self

_CALL, _REPLY, _ERROR = 1, 2, 3
_PATH, _INTERFACE, _MEMBER, _ERROR_NAME, _REPLY_SERIAL, _DESTINATION, _SIGNATURE = 1, 2, 3, 4, 5, 6, 8
_NUMBERS: Final = {"y": "B", "n": "h", "q": "H", "i": "i", "u": "I", "x": "q", "t": "Q", "d": "d", "h": "I"}
_MAX_MESSAGE: Final = 64 * 1024 * 1024


class DBusError(Exception):
    """The other side answered with an error; the text names it."""


class SystemBus:
    """A connection to a bus. Raises `OSError` when there is none, `DBusError` for answers that are errors."""

    def __init__(self, path: str = "/run/dbus/system_bus_socket", timeout_s: float = 2.0) -> None:
        self._serial = 0
        self._buffer = b""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        self._socket.settimeout(timeout_s)
        try:
            self._socket.connect(path)
            self._authenticate()
            self.call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello")
        except BaseException:
            self._socket.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def call(self, destination: str, path: str, interface: str, member: str, *arguments: str) -> list[Any]:
        """Call a method whose arguments are texts; returns the values of the answer."""
        self._serial += 1
        signature = "s" * len(arguments)
        body = marshal(signature, arguments)
        fields: list[tuple[int, tuple[str, Any]]] = [
            (_PATH, ("o", path)),
            (_INTERFACE, ("s", interface)),
            (_MEMBER, ("s", member)),
            (_DESTINATION, ("s", destination)),
            *([(_SIGNATURE, ("g", signature))] if arguments else []),
        ]
        self._socket.sendall(message(_CALL, self._serial, fields, body))
        while True:
            kind, headers, values = self._receive()
            if headers.get(_REPLY_SERIAL) != self._serial:
                continue  # signals, and the NameAcquired that follows Hello
            if kind == _ERROR:
                raise DBusError(f"{headers.get(_ERROR_NAME)}: {' '.join(map(str, values))}")
            return values

    def get(self, destination: str, path: str, interface: str, name: str) -> Any:
        """A property."""
        return self.call(destination, path, "org.freedesktop.DBus.Properties", "Get", interface, name)[0]

    def _authenticate(self) -> None:
        user = str(os.getuid()).encode().hex()
        self._socket.sendall(b"\0AUTH EXTERNAL " + user.encode() + b"\r\n")
        answer = b""
        while not answer.endswith(b"\r\n"):
            answer += self._more()
        if not answer.startswith(b"OK"):
            raise PermissionError(13, f"the bus refused: {answer.decode(errors='replace').strip()}")
        self._socket.sendall(b"BEGIN\r\n")

    def _receive(self) -> tuple[int, dict[int, Any], list[Any]]:
        self._need(16)
        order = "<" if self._buffer[:1] == b"l" else ">"
        kind, body_length = self._buffer[1], struct.unpack_from(f"{order}I", self._buffer, 4)[0]
        fields_length = struct.unpack_from(f"{order}I", self._buffer, 12)[0]
        start = 16 + (fields_length + 7) // 8 * 8
        if start + body_length > _MAX_MESSAGE:
            raise OSError("a message larger than a bus may send")
        self._need(start + body_length)
        data, self._buffer = self._buffer[: start + body_length], self._buffer[start + body_length :]
        headers = dict(Reader(data[:start], order, at=12).read("a(yv)"))
        reader = Reader(data[start:], order)
        values = [reader.read(each) for each in complete_types(headers.get(_SIGNATURE, ""))]
        return kind, headers, values

    def _need(self, count: int) -> None:
        while len(self._buffer) < count:
            self._buffer += self._more()

    def _more(self) -> bytes:
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionResetError("the bus closed the connection")
        return data


class Reader:
    """Reads values by signature from a message or its body."""

    def __init__(self, data: bytes, order: str, at: int = 0) -> None:
        self._data, self._order, self._at = data, order, at

    def read(self, signature: str) -> Any:
        """A value of one complete type: numbers, texts, lists (arrays, structs), dictionaries, the content of variants."""
        kind = signature[0]
        if kind in _NUMBERS:
            return self._number(_NUMBERS[kind])
        if kind == "b":
            return bool(self._number("I"))
        if kind in "so":
            return self._text(self._number("I"))
        if kind == "g":
            return self._text(self._number("B"))
        if kind == "v":
            return self.read(self.read("g"))
        if kind == "a":
            return self._array(signature[1:])
        self._align(8)
        return [self.read(each) for each in complete_types(signature[1:-1])]

    def _array(self, element: str) -> Any:
        length = self._number("I")
        self._align(alignment(element))
        end, items = self._at + length, []
        while self._at < end:
            items.append(self.read(element))
        return dict(items) if element.startswith("{") else items

    def _number(self, code: str) -> Any:
        self._align(struct.calcsize(code))
        (value,) = struct.unpack_from(f"{self._order}{code}", self._data, self._at)
        self._at += struct.calcsize(code)
        return value

    def _text(self, length: int) -> str:
        text = self._data[self._at : self._at + length].decode("utf-8", "replace")
        self._at += length + 1
        return text

    def _align(self, size: int) -> None:
        self._at += -self._at % size


def alignment(signature: str) -> int:
    """The multiple on which a value of this type stands."""
    kind = signature[0]
    if kind in _NUMBERS:
        return struct.calcsize(_NUMBERS[kind])
    return {"b": 4, "s": 4, "o": 4, "a": 4, "(": 8, "{": 8}.get(kind, 1)


def complete_types(signature: str) -> list[str]:
    """`a{sv}u(ss)` is three types."""
    out, at = [], 0
    while at < len(signature):
        end = _end(signature, at)
        out.append(signature[at:end])
        at = end
    return out


def _end(signature: str, at: int) -> int:
    while signature[at] == "a":
        at += 1
    if signature[at] not in "({":
        return at + 1
    depth = 0
    for place in range(at, len(signature)):
        depth += (signature[place] in "({") - (signature[place] in ")}")
        if depth == 0:
            return place + 1
    raise ValueError(f"unbalanced signature {signature!r}")


def marshal(signature: str, values: Any, start: int = 0) -> bytes:
    """Values as bytes, little-endian, when the first byte stands at `start`. Variants are pairs of signature and value."""
    out = bytearray(start)
    for each, value in zip(complete_types(signature), values, strict=True):
        _append(out, each, value)
    return bytes(out[start:])


def _append(out: bytearray, signature: str, value: Any) -> None:
    kind = signature[0]
    out += bytes(-len(out) % alignment(signature))
    if kind in _NUMBERS or kind == "b":
        out += struct.pack(f"<{_NUMBERS.get(kind, 'I')}", value)
    elif kind in "sog":
        data = value.encode()
        out += struct.pack("<B" if kind == "g" else "<I", len(data)) + data + b"\0"
    elif kind == "v":
        _append(out, "g", value[0])
        _append(out, value[0], value[1])
    elif kind == "a":
        out += bytes(4)
        place = len(out) - 4
        out += bytes(-len(out) % alignment(signature[1:]))
        begin = len(out)
        for item in value.items() if isinstance(value, dict) else value:
            _append(out, signature[1:], item)
        struct.pack_into("<I", out, place, len(out) - begin)
    else:
        for each, item in zip(complete_types(signature[1:-1]), value, strict=True):
            _append(out, each, item)


def message(kind: int, serial: int, fields: list[tuple[int, tuple[str, Any]]], body: bytes) -> bytes:
    """A whole message."""
    head = struct.pack("<cBBBII", b"l", kind, 0, 1, len(body), serial)
    header = head + marshal("a(yv)", [fields], len(head))
    return header + bytes(-len(header) % 8) + body
