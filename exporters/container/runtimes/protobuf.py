"""As much of protobuf's wire format as reading the CRI takes: fields of a message by number.

A field is `varint (number << 3 | type)`, then a varint (type 0), 8 bytes (1), a length and bytes (2), or 4 bytes (5).
"""

from collections.abc import Iterator
from typing import Final, TypeAlias

Field: TypeAlias = int | bytes
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MAX_SHIFT: Final = 63


class Message:
    """The fields of a message, parsed when made. Raises `ValueError` for what is no protobuf."""

    def __init__(self, data: bytes) -> None:
        self._fields: dict[int, list[Field]] = {}
        for number, value in _fields(data):
            self._fields.setdefault(number, []).append(value)

    def text(self, number: int) -> str:
        value = self._last(number, b"")
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""

    def integer(self, number: int) -> int:
        """A signed number of 64 bits."""
        value = self._last(number, 0)
        if not isinstance(value, int):
            return 0
        return value - (1 << 64) if value >= 1 << 63 else value

    def message(self, number: int) -> "Message":
        """A message inside this one; empty when absent."""
        value = self._last(number, b"")
        return Message(value if isinstance(value, bytes) else b"")

    def messages(self, number: int) -> Iterator["Message"]:
        yield from (Message(value) for value in self._fields.get(number, []) if isinstance(value, bytes))

    def table(self, number: int) -> dict[str, str]:
        """A map of texts."""
        return {entry.text(1): entry.text(2) for entry in self.messages(number)}

    def _last(self, number: int, absent: Field) -> Field:
        return self._fields.get(number, [absent])[-1]


def text_field(number: int, text: str) -> bytes:
    """A field with a text, as part of a request."""
    data = text.encode()
    return _varint(number << 3 | _BYTES) + _varint(len(data)) + data


def _fields(data: bytes) -> Iterator[tuple[int, Field]]:
    at = 0
    while at < len(data):
        key, at = _read_varint(data, at)
        kind = key & 7
        if kind == _VARINT:
            value, at = _read_varint(data, at)
            yield key >> 3, value
            continue
        if kind == _BYTES:
            length, at = _read_varint(data, at)
        elif kind in (_FIXED64, _FIXED32):
            length = 8 if kind == _FIXED64 else 4
        else:
            raise ValueError(f"unknown wire type {kind}")
        if at + length > len(data):
            raise ValueError("the message is cut short")
        yield key >> 3, data[at : at + length]
        at += length


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data) or shift > _MAX_SHIFT:
            raise ValueError("a number is cut short")
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
