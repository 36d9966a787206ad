from pathlib import Path

import pytest

from exporters import files


def test_long_files_are_read_to_the_end(tmp_path: Path) -> None:
    path = tmp_path / "long"
    path.write_bytes(b"x" * 200_000)
    assert len(files.read_bytes(str(path))) == 200_000


def test_text_that_is_no_utf8_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "odd").write_bytes(b"a\xffb\n")
    assert files.attribute(str(tmp_path / "odd")) == "a\ufffdb"


@pytest.mark.parametrize(("text", "value"), [("12\n", 12), ("0x1f\n", 31), ("-1", -1)])
def test_integers(tmp_path: Path, text: str, value: int) -> None:
    (tmp_path / "n").write_text(text)
    assert files.integer(str(tmp_path / "n")) == value


def test_absence_is_none_where_it_is_expected(tmp_path: Path) -> None:
    assert files.try_attribute(str(tmp_path / "none")) is None
    assert files.try_integer(str(tmp_path / "none")) is None
    assert files.entries(str(tmp_path / "none")) == []
    with pytest.raises(FileNotFoundError):
        files.read_text(str(tmp_path / "none"))


def test_words_and_entries(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("1  2\n\n3\n")
    (tmp_path / "a").touch()
    assert list(files.words(str(tmp_path / "b"))) == [["1", "2"], [], ["3"]]
    assert files.entries(str(tmp_path)) == ["a", "b"]
