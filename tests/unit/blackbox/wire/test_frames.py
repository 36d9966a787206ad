import pytest

from blackbox.failures import ProbeError
from blackbox.wire.frames import Frames
from tests.support.probing import wire


def unmasked(data: bytes) -> bytes:
    """The payload of one short client frame."""
    assert data[1] & 0x80, "clients must mask"
    mask, payload = data[2:6], data[6:]
    return bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


async def test_a_message_in_fragments_with_a_ping_between() -> None:
    line = wire(b"\x01\x03hel", b"\x89\x02hi", b"\x80\x02lo")
    assert await Frames(line).message() == b"hello"
    assert line.written[0] == 0x8A
    assert unmasked(line.written) == b"hi"


async def test_long_messages() -> None:
    assert await Frames(wire(b"\x82\x7e\x01\x00" + b"x" * 256)).message() == b"x" * 256
    assert await Frames(wire(b"\x82\x7f" + (70_000).to_bytes(8, "big") + b"x" * 70_000)).message() == b"x" * 70_000


@pytest.mark.parametrize("size", [5, 126, 70_000])
async def test_what_is_sent_can_be_read(size: int) -> None:
    sender = wire()
    Frames(sender).send_text("ü" * (size // 2))
    assert await Frames(wire(sender.written)).message() == ("ü" * (size // 2)).encode()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x88\x00", "closed the websocket"),
        (b"", "connection was closed"),
        (b"\x82\x7f" + b"\xff" * 8, "frame is longer"),
    ],
)
async def test_the_end(data: bytes, message: str) -> None:
    with pytest.raises(ProbeError, match=message):
        await Frames(wire(data, b"")).message()
