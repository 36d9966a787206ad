"""Known ids: never a false no, and remembered."""

from pathlib import Path

from logstore.identity import KnownIds


def test_suspects_are_those_added_before(tmp_path: Path) -> None:
    known = KnownIds(tmp_path / "ids.map")
    assert known.suspects(["a", "b"]) == set()
    known.add(["a", "c"], 2)
    assert known.suspects(["a", "b", "c"]) == {"a", "c"}
    assert known.may_hold("a")
    assert not known.may_hold("b")


def test_saved_ids_and_the_rows_they_cover_come_back(tmp_path: Path) -> None:
    known = KnownIds(tmp_path / "ids.map")
    known.add((f"id{n}" for n in range(5000)), 5000)
    assert known.unsaved == 5000
    known.save()
    again = KnownIds(tmp_path / "ids.map")
    assert (again.rows, again.unsaved) == (5000, 0)
    assert again.suspects(["id4999", "id5000"]) == {"id4999"}


def test_a_damaged_file_is_not_believed(tmp_path: Path) -> None:
    ids = KnownIds(tmp_path / "ids.map")
    ids.add(["a", "b"], 2)
    ids.save()
    assert KnownIds(tmp_path / "ids.map").rows == 2
    data = bytearray((tmp_path / "ids.map").read_bytes())
    data[-1] ^= 1
    (tmp_path / "ids.map").write_bytes(data)
    again = KnownIds(tmp_path / "ids.map")
    assert again.rows == 0
    assert not again.may_hold("a")
