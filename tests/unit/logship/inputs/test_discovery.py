"""Finding files."""

import os
from pathlib import Path

from logship.inputs.discovery import Folders, discover


def names(root: Path, *patterns: str, exclude: tuple[str, ...] = ()) -> list[str]:
    found = discover(
        Folders(), tuple(f"{root}/{pattern}" for pattern in patterns), tuple(f"{root}/{p}" for p in exclude)
    )
    return [os.path.relpath(file.real, root) for file in found]


def test_patterns(tmp_path: Path) -> None:
    for name in ("a/0.log", "a/b/1.log", "a/b/x.txt", "c/0.log", "c/.hidden.log", "c/0.log.gz"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert names(tmp_path, "*/0.log") == ["a/0.log", "c/0.log"]
    assert sorted(names(tmp_path, "**/*.log")) == ["a/0.log", "a/b/1.log", "c/0.log"]
    assert names(tmp_path, "*/*.log", exclude=("a/*",)) == ["c/0.log"]
    assert names(tmp_path, "nowhere/*.log", "a/b/x.txt") == ["a/b/x.txt"]


def test_links_are_followed_and_counted_once(tmp_path: Path) -> None:
    (tmp_path / "real.log").touch()
    (tmp_path / "link.log").symlink_to(tmp_path / "real.log")
    assert names(tmp_path, "*.log") == ["real.log"]


def test_rotated_siblings_oldest_first(tmp_path: Path) -> None:
    for age, name in enumerate(("0.log", "0.log.2", "0.log.1", "0.log.3.gz", "0.log.x.tmp", "0.logger")):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    (found,) = discover(Folders(), (f"{tmp_path}/0.log",), ())
    assert [os.path.basename(path) for path in found.siblings] == ["0.log.1", "0.log.2"]


def test_a_new_file_is_seen_in_a_folder_listed_before(tmp_path: Path) -> None:
    folders = Folders()
    assert discover(folders, (f"{tmp_path}/*.log",), ()) == []
    (tmp_path / "new.log").touch()
    assert len(discover(folders, (f"{tmp_path}/*.log",), ())) == 1
