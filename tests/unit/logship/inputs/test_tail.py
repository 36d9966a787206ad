"""Following files through everything that happens to them."""

import os
from pathlib import Path

import pytest

from tests.support.logs import Shipper


@pytest.fixture
def shipper(tmp_path: Path) -> Shipper:
    (tmp_path / "logs").mkdir()
    return Shipper(tmp_path / "logs", tmp_path)


def again(tmp_path: Path, multiline: str = "none") -> Shipper:
    return Shipper(tmp_path / "logs", tmp_path, multiline)


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def test_lines_as_they_come_half_lines_when_complete(shipper: Shipper, tmp_path: Path) -> None:
    log = tmp_path / "logs" / "a.log"
    log.write_text("one\ntwo\nthr")
    shipper.turn()
    assert list(shipper.deliver().values()) == ["one", "two"]
    append(log, "ee\n")
    shipper.turn()
    assert list(shipper.deliver().values()) == ["three"]
    shipper.turn()
    assert shipper.deliver() == {}


def test_renamed_and_reopened(shipper: Shipper, tmp_path: Path) -> None:
    log = tmp_path / "logs" / "a.log"
    log.write_text("one\n")
    shipper.turn()
    append(log, "two\n")
    log.rename(tmp_path / "logs" / "a.log.1")
    append(tmp_path / "logs" / "a.log.1", "three\n")
    log.write_text("four\n")
    shipper.turn()
    assert list(shipper.deliver().values()) == ["one", "two", "three", "four"]


def test_renamed_while_nobody_was_looking(shipper: Shipper, tmp_path: Path) -> None:
    log = tmp_path / "logs" / "a.log"
    log.write_text("one\n")
    shipper.turn()
    shipper.deliver()
    shipper.crash()
    append(log, "two\n")
    log.rename(tmp_path / "logs" / "a.log.1")
    log.write_text("three\n")
    later = again(tmp_path)
    later.turn()
    assert list(later.deliver().values()) == ["two", "three"]


def test_rotated_twice_before_the_first_look(shipper: Shipper, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    for age, (name, text) in enumerate((("a.log", "three\n"), ("a.log.1", "two\n"), ("a.log.2", "one\n"))):
        (logs / name).write_text(text)
        os.utime(logs / name, (1000 - age, 1000 - age))
    shipper.turn()
    assert list(shipper.deliver().values()) == ["one", "two", "three"]


def test_copied_and_truncated_with_lines_not_yet_read(shipper: Shipper, tmp_path: Path) -> None:
    log, copy = tmp_path / "logs" / "a.log", tmp_path / "logs" / "a.log.1"
    log.write_text("one\n")
    shipper.turn()
    append(log, "two\n")
    copy.write_text(log.read_text())
    log.write_text("three\n")
    sent: dict[str, str] = {}
    for _ in range(3):
        shipper.turn()
        sent |= shipper.deliver()
    assert sorted(sent.values()) == ["one", "three", "two"]


def test_a_backup_beside_the_file_is_not_read_again(shipper: Shipper, tmp_path: Path) -> None:
    log = tmp_path / "logs" / "a.log"
    log.write_text("one\n")
    shipper.turn()
    shipper.deliver()
    (tmp_path / "logs" / "a.log.bak").write_text("one\n")
    for _ in range(3):
        shipper.turn()
    assert shipper.deliver() == {}


def test_truncated_and_begun_with_the_same_line(shipper: Shipper, tmp_path: Path) -> None:
    log = tmp_path / "logs" / "a.log"
    log.write_text("start\none\n")
    shipper.turn()
    first = shipper.deliver()
    log.write_text("start\n")
    shipper.turn()
    second = shipper.deliver()
    assert list(second.values()) == ["start"]
    assert not set(first) & set(second)


def test_not_delivered_means_sent_again_under_the_same_ids(shipper: Shipper, tmp_path: Path) -> None:
    log = tmp_path / "logs" / "a.log"
    log.write_text("one\ntwo\n")
    shipper.turn()
    lost = again(tmp_path)
    shipper.crash()
    lost.turn()
    first = lost.deliver()
    fresh = Shipper(tmp_path / "logs", tmp_path / "logs")  # no checkpoints at all
    fresh.turn()
    assert fresh.deliver() == first
    assert list(first.values()) == ["one", "two"]


def test_deleted_while_unread_lines_are_left(shipper: Shipper, tmp_path: Path) -> None:
    log = tmp_path / "logs" / "a.log"
    log.write_text("one\n")
    shipper.turn()
    append(log, "two\n")
    log.unlink()
    shipper.turn()
    assert list(shipper.deliver().values()) == ["one", "two"]
    for _ in range(3):
        shipper.turn(10.0)
        shipper.deliver()
    assert len(shipper.checkpoints) == 0


def test_a_line_without_end_is_cut(shipper: Shipper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logship.inputs.tail.BLOCK_BYTES", 300)
    monkeypatch.setattr("logship.inputs.tail.LONGEST_LINE", 600)
    (tmp_path / "logs" / "a.log").write_text("x" * 1000 + "\nnext\n")
    shipper.turn()
    sent = list(shipper.deliver().values())
    assert sent[-1] == "next"
    assert all(len(text) <= 600 for text in sent)


def test_files_rotated_away_while_the_output_takes_nothing_are_held_on_to(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    shipper = Shipper(tmp_path / "logs", tmp_path)
    log = tmp_path / "logs" / "a.log"
    log.write_text("one\n")
    shipper.turn()
    log.rename(tmp_path / "logs" / "a.log.1")
    log.write_text("two\n")
    shipper.reader.discover()  # what a reader does while its queue is full
    log.rename(tmp_path / "logs" / "a.log.2")
    log.write_text("three\n")
    shipper.reader.discover()
    for old in (tmp_path / "logs").glob("a.log.*"):
        old.unlink()
    shipper.turn()
    shipper.turn()
    assert list(shipper.deliver().values()) == ["one", "two", "three"]


def test_a_record_let_go_by_time_keeps_its_id_when_more_of_it_comes_after_a_crash(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    log = tmp_path / "logs" / "a.log"
    shipper = Shipper(tmp_path / "logs", tmp_path, multiline="auto")
    log.write_text("ERROR boom\n\tat a.b(C)\n")
    shipper.turn()
    shipper.turn()
    append(log, "\tat late(D)\n")
    fresh = again(tmp_path, multiline="auto")  # the batch was sent, and then came kill -9: its checkpoint was not saved
    sent = shipper.deliver()
    assert list(sent.values()) == ["ERROR boom\n\tat a.b(C)"]
    fresh.turn()
    fresh.turn()
    repeated = fresh.deliver()
    assert sent.items() <= repeated.items()
    assert [text for key, text in repeated.items() if key not in sent] == ["\tat late(D)"]


def test_a_copy_seen_while_it_is_being_made_is_not_read_as_a_new_file(shipper: Shipper, tmp_path: Path) -> None:
    log, copy = tmp_path / "logs" / "a.log", tmp_path / "logs" / "a.log.1"
    log.write_text("one\ntwo\n")
    shipper.turn()
    sent = shipper.deliver()
    copy.write_text("")  # copytruncate has only just begun
    shipper.turn()
    copy.write_text("one\n")
    shipper.turn()
    append(log, "three\n")
    copy.write_text("one\ntwo\nthree\n")
    log.write_text("four\n")
    for _ in range(3):
        shipper.turn()
    sent |= shipper.deliver()
    assert sorted(sent.values()) == ["four", "one", "three", "two"]


def test_a_record_held_when_its_file_is_truncated_is_not_doubled_by_the_copy(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    shipper = Shipper(tmp_path / "logs", tmp_path, multiline="auto")
    log, copy = tmp_path / "logs" / "a.log", tmp_path / "logs" / "a.log.1"
    log.write_text("first\nERROR boom\n\tat a.b(C)\n")
    shipper.turn(0.1)
    append(log, "\tat late(D)\n")
    copy.write_text(log.read_text())
    log.write_text("second\n")
    for _ in range(4):
        shipper.turn()
    sent = shipper.deliver()
    assert sorted(sent.values()) == ["\tat late(D)", "ERROR boom\n\tat a.b(C)", "first", "second"]
