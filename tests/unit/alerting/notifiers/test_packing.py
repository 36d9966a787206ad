import pytest

from alerting.notifiers.packing import pack, split


def size(text: str) -> int:
    return len(text.encode())


def test_what_fits_stays_together() -> None:
    assert pack(["one", "two"], 100, size) == [((0, 1), "one\n\n---\n\ntwo")]


def test_what_does_not_fit_goes_into_the_next_message() -> None:
    assert pack(["a" * 60, "b" * 60], 100, size) == [((0,), "a" * 60), ((1,), "b" * 60)]


def test_a_long_section_spreads_over_messages_which_others_may_share() -> None:
    long = "\n\n".join(f"alert {number:03d}" for number in range(30))
    packed = pack(["first", long, "last"], 120, size)
    assert packed[0][0] == (0, 1)
    assert packed[-1][0] == (1, 2)
    assert all(size(text) <= 120 for _, text in packed)
    joined = "".join(text for _, text in packed)
    assert all(f"alert {number:03d}" in joined for number in range(30))


@pytest.mark.parametrize("text", ["x" * 1000, "磁盘" * 300, "line\n" * 200, "para\n\n" * 100 + "y" * 500])
def test_nothing_is_lost(text: str) -> None:
    pieces = split(text, 100, size)
    assert all(size(piece) <= 100 for piece in pieces)
    assert "".join(pieces).replace("\n", "") == text.replace("\n", "")


def test_an_empty_text_is_a_message() -> None:
    assert pack([""], 100, size) == [((0,), "")]
