"""Frame files: what is torn is cut off, what is damaged is left out, everything else is there."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from logstore import frames
from logstore.frames import HEADER, DamagedError, FrameFile

FRAMES = 6


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Six frames of three rows each."""
    file = FrameFile(tmp_path / "f")
    for n in range(FRAMES):
        file.append(n * 3, [b"frame %d row %d\n" % (n, row) for row in range(3)])
    file.sync()
    file.close()
    return tmp_path / "f"


def readable(file: FrameFile) -> list[int]:
    found = []
    for at in range(len(file.offsets)):
        try:
            assert file.payload(at).startswith(b"frame %d " % (file.first_rows[at] // 3))
        except DamagedError:
            continue
        found.append(file.first_rows[at] // 3)
    return found


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 0x10
    path.write_bytes(data)


@pytest.mark.parametrize("part", [*range(HEADER.size), HEADER.size + 5])
@pytest.mark.parametrize("frame", [0, 2, 4])
def test_a_flipped_bit_costs_one_frame_wherever_it_is(path: Path, frame: int, part: int) -> None:
    offset = FrameFile(path).offsets[frame]
    flip(path, offset + part)
    file = FrameFile(path)
    assert readable(file) == [n for n in range(FRAMES) if n != frame]
    assert file.end_row == FRAMES * 3
    assert file.damaged
    file.append(file.end_row, [b"frame 6 row 0\n"])
    assert readable(FrameFile(path))[-1] == 6


def test_several_damaged_frames(path: Path) -> None:
    offsets = FrameFile(path).offsets
    for frame in (0, 1, 3):
        flip(path, offsets[frame])
    assert readable(FrameFile(path)) == [2, 4, 5]


@pytest.mark.parametrize("cut", [1, 10, 30])
def test_a_torn_end_is_cut_off_without_a_word(path: Path, cut: int, caplog: pytest.LogCaptureFixture) -> None:
    path.write_bytes(path.read_bytes()[:-cut])
    file = FrameFile(path)
    assert readable(file) == [0, 1, 2, 3, 4]
    assert path.stat().st_size == file.size
    assert not caplog.records


def test_an_end_that_is_whole_but_wrong_is_set_aside(path: Path) -> None:
    whole = path.read_bytes()
    flip(path, len(whole) - 1)
    file = FrameFile(path)
    assert readable(file) == [0, 1, 2, 3, 4]
    (aside,) = path.parent.glob("f.*.damaged")
    assert len(aside.read_bytes()) == len(whole) - file.size


def test_a_write_that_fails_leaves_nothing_behind(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = FrameFile(path)
    before, write = path.read_bytes(), os.pwrite

    def full(fd: int, data: Any, at: int) -> int:
        if at > len(before):
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(fd, data[:7], at)

    monkeypatch.setattr(frames.os, "pwrite", full)
    with pytest.raises(OSError, match="No space"):
        file.append(file.end_row, [b"frame 6\n"])
    assert path.read_bytes() == before
    assert readable(file) == list(range(FRAMES))
