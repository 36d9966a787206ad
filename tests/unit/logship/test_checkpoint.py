"""Checkpoints."""

from pathlib import Path

from logship.checkpoint import Checkpoints
from logship.identity import Identity


def test_offsets_are_remembered(tmp_path: Path) -> None:
    points = Checkpoints(tmp_path)
    points.load()
    points.set(Identity(1, 2, "a"), "/x", 10)
    points.set(Identity(1, 2, "a", 1), "/x", 5)
    points.save()
    again = Checkpoints(tmp_path)
    again.load()
    assert again.known(1, 2, "a") == (Identity(1, 2, "a", 1), 5)
    assert again.known(1, 3, "a") is None
    assert again.by_head("a", {"/x"}, {Identity(1, 2, "a", 1)}) == (Identity(1, 2, "a"), 10)
    again.forget(Identity(1, 2, "a", 1))
    assert again.known(1, 2, "a") == (Identity(1, 2, "a"), 10)


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
