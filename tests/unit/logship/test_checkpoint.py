"""Checkpoints."""

from pathlib import Path

import pytest

from logship.checkpoint import Checkpoints
from logship.held import Mark, Resume
from logship.identity import Identity


def test_offsets_are_remembered(tmp_path: Path) -> None:
    points = Checkpoints(tmp_path)
    points.load()
    points.set(Identity(1, 2, "a"), "/x", Mark(10))
    points.set(Identity(1, 2, "a", 1), "/x", Mark(5))
    points.save()
    again = Checkpoints(tmp_path)
    again.load()
    assert again.known(1, 2, "a") == (Identity(1, 2, "a", 1), 5, None)
    assert again.known(1, 3, "a") is None
    assert again.by_head("a", {"/x"}, {Identity(1, 2, "a", 1)}) == (Identity(1, 2, "a"), 10, None)
    again.forget(Identity(1, 2, "a", 1))
    assert again.known(1, 2, "a") == (Identity(1, 2, "a"), 10, None)


def test_a_damaged_file_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / "checkpoints.json").write_text("{")
    points = Checkpoints(tmp_path)
    points.load()
    assert len(points) == 0
    assert (tmp_path / "checkpoints.damaged").exists()


def test_nothing_is_written_when_nothing_changed(tmp_path: Path) -> None:
    points = Checkpoints(tmp_path)
    points.save()
    assert not (tmp_path / "checkpoints.json").exists()


def test_cuts_and_streams_that_are_ahead_are_remembered_until_they_are_passed(tmp_path: Path) -> None:
    points, log = Checkpoints(tmp_path), Identity(1, 2, "a")
    points.set(log, "/x", Mark(10, {"stderr": 30}))
    for offset in (5, 20, 40):
        points.cut(log, offset)
    points.save()
    again = Checkpoints(tmp_path)
    again.load()
    assert again.known(1, 2, "a") == (log, 10, Resume({"stderr": 30}, frozenset({20, 40})))
    again.set(log, "/x", Mark(35))
    assert again.known(1, 2, "a") == (log, 35, Resume({}, frozenset({40})))


def test_what_could_not_be_saved_is_saved_later(tmp_path: Path) -> None:
    points = Checkpoints(tmp_path)
    (tmp_path / "checkpoints.tmp").mkdir()  # in the way
    points.set(Identity(1, 2, "a"), "/x", Mark(10))
    with pytest.raises(OSError, match="directory"):
        points.save()
    (tmp_path / "checkpoints.tmp").rmdir()
    points.save()
    assert (tmp_path / "checkpoints.json").exists()
