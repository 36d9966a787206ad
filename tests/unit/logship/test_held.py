"""Held records."""

from logship.held import HOLD_S, PARTIAL_HOLD_S, Held, Resume
from logship.parse.multiline import MAX_LINES, kinds_of


class File:
    key = b"abcdefghijk"
    resume: Resume | None = None

    def remember_cut(self, offset: int) -> None: ...


def opened(file: File) -> Held:
    held = Held("stdout", b"}\n", kinds_of("auto"))
    held.open(file, 10, 20, b"t", b"ERROR x", 1.0)
    return held


def test_a_record_grows_and_ends() -> None:
    file = File()
    held = opened(file)
    assert held.goes_on(b"\tat y")
    held.extend(file, 20, 30, 2.0)
    assert not held.goes_on(b"ERROR z")
    assert held.close() == (file, 10, 20, b"ERROR x\n\tat y")
    assert not held.filled


def test_it_waits_longer_for_the_rest_of_a_line() -> None:
    held = opened(File())
    assert not held.is_due(1.0 + HOLD_S / 2)
    assert held.is_due(1.0 + HOLD_S)
    held.partial = True
    assert not held.is_due(1.0 + HOLD_S)
    assert held.is_due(1.0 + PARTIAL_HOLD_S)


def test_it_ends_at_a_bound() -> None:
    held = opened(File())
    assert all(held.goes_on(b" ") for _ in range(MAX_LINES))
    assert not held.goes_on(b" ")


def test_every_file_it_has_lines_in_is_read_again_from_there() -> None:
    old, new = File(), File()
    held = opened(old)
    held.extend(new, 0, 5, 2.0)
    assert (held.resumes_at(old, 20), held.resumes_at(new, 5), held.resumes_at(File(), 7)) == (10, 0, 7)
    assert held.close()[:3] == (old, 10, -5)
    assert held.resumes_at(old, 20) == 20
