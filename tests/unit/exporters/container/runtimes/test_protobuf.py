import pytest

from exporters.container.runtimes.protobuf import Message, text_field


def test_texts_numbers_and_messages() -> None:
    inner = text_field(1, "key") + text_field(2, "value")
    data = text_field(1, "name") + b"\x10\x96\x01" + bytes([3 << 3 | 2, len(inner)]) + inner + b"\x21" + bytes(8)
    message = Message(data)
    assert message.text(1) == "name"
    assert message.integer(2) == 150
    assert message.table(3) == {"key": "value"}
    assert (message.text(9), message.integer(9), message.message(9).text(1)) == ("", 0, "")


def test_negative_numbers() -> None:
    assert Message(b"\x08" + b"\xff" * 9 + b"\x01").integer(1) == -1


def test_long_texts() -> None:
    assert Message(text_field(1, "x" * 300)).text(1) == "x" * 300


@pytest.mark.parametrize("data", [b"\x0a\x05ab", b"\x08\xff", b"\x0b", b"\xff" * 12])
def test_what_is_cut_short(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"cut short|unknown wire type"):
        Message(data)
