"""WebSocket messages (RFC 6455) as a probing client needs them: text out, whole messages in."""

import os
import struct

from blackbox.failures import ProbeError, Reason
from blackbox.wire.stream import Wire

_MAX_MESSAGE_BYTES = 1 << 20
_CONTINUATION, _TEXT, _CLOSE, _PING, _PONG = 0, 1, 8, 9, 10


class Frames:
    """Messages over an upgraded connection."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._rest = b""

    def send(self, opcode: int, payload: bytes) -> None:
        """One frame, masked as clients must."""
        size = len(payload)
        if size < 126:
            head = struct.pack("!BB", 0x80 | opcode, 0x80 | size)
        elif size < 1 << 16:
            head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, size)
        else:
            head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, size)
        mask = os.urandom(4)
        self._wire.write(head + mask + _masked(payload, mask))

    def send_text(self, text: str) -> None:
        self.send(_TEXT, text.encode())

    def close(self) -> None:
        """Tell the peer that we go (code 1000)."""
        self.send(_CLOSE, b"\x03\xe8")

    async def message(self) -> bytes:
        """The next text or binary message; pings are answered. Raises `ProbeError`."""
        whole = b""
        while True:
            final, opcode, payload = await self._frame()
            if opcode == _PING:
                self.send(_PONG, payload)
            elif opcode == _CLOSE:
                raise ProbeError(Reason.PROTOCOL, "the server closed the websocket")
            elif opcode != _PONG:
                whole += payload
                if len(whole) > _MAX_MESSAGE_BYTES:
                    raise ProbeError(Reason.PROTOCOL, f"a message is longer than {_MAX_MESSAGE_BYTES} bytes")
                if final:
                    return whole

    async def _frame(self) -> tuple[bool, int, bytes]:
        first, second = await self._take(2)
        size = second & 0x7F
        if size == 126:
            size = int.from_bytes(await self._take(2), "big")
        elif size == 127:
            size = int.from_bytes(await self._take(8), "big")
        if size > _MAX_MESSAGE_BYTES:
            raise ProbeError(Reason.PROTOCOL, f"a frame is longer than {_MAX_MESSAGE_BYTES} bytes")
        mask = await self._take(4) if second & 0x80 else b""
        payload = await self._take(size)
        return bool(first & 0x80), first & 0x0F, _masked(payload, mask) if mask else payload

    async def _take(self, count: int) -> bytes:
        while len(self._rest) < count:
            data = await self._wire.read()
            if not data:
                raise ProbeError(Reason.PROTOCOL, "the connection was closed")
            self._rest += data
        taken, self._rest = self._rest[:count], self._rest[count:]
        return taken


def _masked(payload: bytes, mask: bytes) -> bytes:
    if not payload:
        return payload
    size = len(payload)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big")
