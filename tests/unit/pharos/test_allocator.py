import platform

import pytest

from pharos import allocator


class NoLibrary:
    """A C library without glibc's additions."""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has arenas")
def test_arenas_can_be_limited() -> None:
    assert allocator.limit_arenas(8)


def test_memory_is_given_back() -> None:
    assert allocator.give_back() in (True, False)


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allocator, "_LIBC", NoLibrary())
    assert not allocator.limit_arenas(2)
    assert not allocator.give_back()
