"""Who a file is."""

import os
from pathlib import Path

from logship.identity import HEAD_BYTES, Identity, head_of


def head(path: Path) -> str | None:
    fd = os.open(path, os.O_RDONLY)
    try:
        return head_of(fd)
    finally:
        os.close(fd)


def test_a_file_is_known_by_its_first_line_and_stays_itself_when_it_grows(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"first")
    assert head(file) is None
    file.write_bytes(b"first\n")
    known = head(file)
    file.write_bytes(b"first\nsecond\n")
    assert head(file) == known
    file.write_bytes(b"other\n")
    assert head(file) != known
    file.write_bytes(b"x" * HEAD_BYTES)
    long = head(file)
    file.write_bytes(b"x" * 1000)
    assert long is not None
    assert head(file) == long


def test_keys_are_short_and_differ() -> None:
    keys = {Identity(1, 2, "h", generation).key for generation in range(100)}
    assert len(keys) == 100
    assert {len(key) for key in keys} == {11}
