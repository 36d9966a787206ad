from pathlib import Path

import pytest

from collector.rules.files import RuleFolder


def test_every_version_is_kept(tmp_path: Path) -> None:
    folder = RuleFolder(tmp_path)
    folder.write("a.yml", "one", 1.0)
    folder.write("a.yml", "two", 2.0)
    folder.delete("a.yml", 3.5)
    assert folder.paths() == []
    assert [path.name for path in folder.versions("a.yml")] == [
        "a.yml.19700101T000002.000Z",
        "a.yml.19700101T000003.500Z",
    ]
    assert [path.read_text() for path in folder.versions("a.yml")] == ["one", "two"]


@pytest.mark.parametrize("name", ["../a.yml", "a.txt", ".a.yml", "a/b.yml", "", "history"])
def test_no_name_leaves_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="no name for a rule file"):
        RuleFolder(tmp_path).write(name, "", 0)


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        RuleFolder(tmp_path).delete("a.yml", 0)
