import struct

import pytest

from exporters.dbus import Reader, complete_types, marshal, message


@pytest.mark.parametrize(
    ("signature", "types"),
    [("", []), ("su", ["s", "u"]), ("a{sv}a(so)v", ["a{sv}", "a(so)", "v"]), ("aas(i(ss))", ["aas", "(i(ss))"])],
)
def test_complete_types(signature: str, types: list[str]) -> None:
    assert complete_types(signature) == types


@pytest.mark.parametrize(
    ("signature", "value", "read"),
    [
        ("s", "text", "text"),
        ("t", 2**63, 2**63),
        ("b", True, True),
        ("as", ["a", "bc"], ["a", "bc"]),
        ("a(ssu)", [("a", "b", 1), ("c", "d", 2)], [["a", "b", 1], ["c", "d", 2]]),
        ("a{sv}", {"x": ("u", 5), "y": ("as", ["z"])}, {"x": 5, "y": ["z"]}),
        ("v", ("(ii)", (1, -2)), [1, -2]),
        ("d", 0.5, 0.5),
    ],
)
def test_values_survive_the_way(signature: str, value: object, read: object) -> None:
    data = marshal(f"y{signature}", [7, value])
    reader = Reader(data, "<")
    assert reader.read("y") == 7
    assert reader.read(signature) == read


def test_a_message_is_padded_to_eight() -> None:
    raw = message(1, 3, [(1, ("o", "/a")), (3, ("s", "Hello"))], b"")
    assert raw[:4] == b"l\x01\x00\x01"
    assert struct.unpack_from("<II", raw, 4) == (0, 3)
    assert len(raw) % 8 == 0


def test_an_unbalanced_signature() -> None:
    with pytest.raises(ValueError, match="unbalanced"):
        complete_types("(s")
