"""Just enough of the protocol buffers wire format to read and write Prometheus's messages: varints, fixed64, fixed32 and bytes.

Source: the protocol buffers encoding documentation. Groups, which nobody writes any more, are skipped; unknown fields are the caller's to skip.
"""

import struct
from collections.abc import Iterator, Mapping
from typing import Any, Final

VARINT: Final = 0
FIXED64: Final = 1
BYTES: Final = 2
_GROUP: Final = 3
_GROUP_END: Final = 4
FIXED32: Final = 5

_DOUBLE: Final = struct.Struct("<d")
_U64: Final = struct.Struct("<Q")
_U32: Final = struct.Struct("<I")
_MASK: Final = (1 << 64) - 1
_FIRST_TAG: Final = 8
_FIXED_SIZES: Final = {FIXED64: 8, FIXED32: 4}


class ProtobufError(ValueError):
    """Bytes that are no message."""


def read_varint(data: Any, at: int) -> tuple[int, int]:
    """A number and where the next thing begins. Raises `ProtobufError`."""
    shift = result = 0
    try:
        while True:
            byte = data[at]
            at += 1
            result |= (byte & 0x7F) << shift
            if byte < 0x80:
                return result & _MASK, at
            shift += 7
            if shift > 63:
                raise ProtobufError("varint overflow")
    except IndexError:
        raise ProtobufError("unexpected end of message") from None


def fields(data: Any, start: int = 0, end: int = -1) -> Iterator[tuple[int, int, Any]]:
    """`(number, wire type, value)` of a message: an unsigned int for varints, else a memoryview or bytes of the content."""
    stop = len(data) if end < 0 else end
    at = start
    while at < stop:
        tag, at = read_varint(data, at)
        kind = tag & 7
        if tag < _FIRST_TAG:
            raise ProtobufError(f"illegal tag 0 (wire type {kind})")
        if kind == VARINT:
            value, at = read_varint(data, at)
            if at > stop:
                raise ProtobufError("unexpected end of message")
            yield tag >> 3, kind, value
            continue
        if kind == BYTES:
            size, at = read_varint(data, at)
        elif kind == FIXED64:
            size = 8
        elif kind == FIXED32:
            size = 4
        elif kind == _GROUP:
            at = _group_end(data, at, stop)
            continue
        else:
            raise ProtobufError(f"wire type {kind} is not supported")
        if at + size > stop:
            raise ProtobufError("unexpected end of message")
        yield tag >> 3, kind, data[at : at + size]
        at += size


def _group_end(data: Any, at: int, stop: int) -> int:
    """Where a group, and all groups in it, are over."""
    depth = 1
    while depth:
        if at >= stop:
            raise ProtobufError("unexpected end of message")
        tag, at = read_varint(data, at)
        kind = tag & 7
        if kind == VARINT:
            _, at = read_varint(data, at)
        elif kind == BYTES:
            size, at = read_varint(data, at)
            at += size
        elif kind in _FIXED_SIZES:
            at += _FIXED_SIZES[kind]
        elif kind in (_GROUP, _GROUP_END):
            depth += 1 if kind == _GROUP else -1
        else:
            raise ProtobufError(f"wire type {kind} is not supported")
    if at > stop:
        raise ProtobufError("unexpected end of message")
    return at


def typed(data: Any, kinds: Mapping[int, int]) -> Iterator[tuple[int, Any]]:
    """The fields that are named in `kinds`, which have the wire types given there. Raises `ProtobufError`."""
    for number, kind, value in fields(data):
        expected = kinds.get(number)
        if expected is None:
            continue
        if kind != expected:
            raise ProtobufError(f"wrong wireType = {kind} for field {number}")
        yield number, value


def double(raw: Any) -> float:
    """A fixed64 as a float. Raises `ProtobufError` when it is something else."""
    if isinstance(raw, int) or len(raw) != 8:
        raise ProtobufError("expected a double")
    return float(_DOUBLE.unpack(raw)[0])


def fixed64(raw: Any) -> int:
    return int(_U64.unpack(raw)[0])


def text(raw: Any) -> str:
    """UTF-8 text. Raises `ProtobufError`."""
    if isinstance(raw, int):
        raise ProtobufError("expected text")
    try:
        return str(raw, "utf-8")
    except UnicodeDecodeError as error:
        raise ProtobufError("expected UTF-8 text") from error


def signed(value: int) -> int:
    """An int64 from its two's complement."""
    return value - (1 << 64) if value >> 63 else value


def zigzag(value: int) -> int:
    """A sint32 or sint64."""
    return (value >> 1) ^ -(value & 1)


def packed_varints(kind: int, value: Any) -> list[int]:
    """One or many numbers: repeated scalars come packed or one by one."""
    if kind == VARINT:
        return [value]
    out, at = [], 0
    while at < len(value):
        number, at = read_varint(value, at)
        out.append(number)
    return out


def packed_doubles(kind: int, value: Any) -> list[float]:
    """One or many doubles."""
    if kind == FIXED64:
        return [double(value)]
    if isinstance(value, int) or len(value) % 8:
        raise ProtobufError("expected packed doubles")
    return list(struct.unpack(f"<{len(value) // 8}d", value))


def varint(value: int) -> bytes:
    """A number as a varint; negative ones as two's complement."""
    value &= _MASK
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def tag(number: int, kind: int) -> bytes:
    return varint(number << 3 | kind)


def put_int(number: int, value: int) -> bytes:
    """A varint field; nothing for 0."""
    return tag(number, VARINT) + varint(value) if value else b""


def put_zigzag(number: int, value: int) -> bytes:
    return put_int(number, (value << 1) ^ (value >> 63))


def put_double(number: int, value: float) -> bytes:
    """A double field, also when it is 0."""
    return tag(number, FIXED64) + _DOUBLE.pack(value)


def put_bytes(number: int, value: bytes) -> bytes:
    """A field of bytes, also when empty."""
    return tag(number, BYTES) + varint(len(value)) + value


def put_text(number: int, value: str) -> bytes:
    return put_bytes(number, value.encode()) if value else b""
