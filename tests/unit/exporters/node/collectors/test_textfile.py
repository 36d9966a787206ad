import os
from pathlib import Path

import pytest

from tests.support.node_exporter import collect


def flag(path: Path | str) -> str:
    return f"--collector.textfile.directory={path}"


def test_several_folders_and_globs(tmp_path: Path) -> None:
    for name in ("a1", "a2", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.prom").write_text(f'jobs{{folder="{name}"}} 1\n')
        (tmp_path / name / "y.txt").write_text("not read")
    page = collect("textfile", [flag(f"{tmp_path}/a*"), flag(tmp_path / "b")])
    assert [page[f'jobs{{folder="{name}"}}'] for name in ("a1", "a2", "b")] == [1, 1, 1]
    assert page["node_textfile_scrape_error"] == 0
    assert f'node_textfile_mtime_seconds{{file="{tmp_path}/b/x.prom"}}' in page


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x 1 1700000000000\n", "line 1: timestamps are not supported here"),
        ("x\n", "line 1: expected a sample, found 'x'"),
    ],
)
def test_a_bad_file_is_left_out_and_named(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "bad.prom").write_text(text)
    (tmp_path / "good.prom").write_text("good 1\n")
    page = collect("textfile", [flag(tmp_path)])
    assert page["node_textfile_scrape_error"] == 1
    assert page["good"] == 1
    assert page[f'node_textfile_file_error{{file="{tmp_path}/bad.prom",error="{reason}"}}'] == 1


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    page = collect("textfile", [flag(tmp_path / "none")])
    assert page["node_textfile_scrape_error"] == 1


def test_differing_help_texts(tmp_path: Path) -> None:
    (tmp_path / "1.prom").write_text("# HELP x One.\nx 1\n")
    (tmp_path / "2.prom").write_text('# HELP x Two.\nx{a="b"} 2\n')
    page = collect("textfile", [flag(tmp_path)])
    assert page["x"] == 1
    assert 'x{a="b"}' not in page
    assert page["node_textfile_scrape_error"] == 1


def test_stale_files(tmp_path: Path) -> None:
    (tmp_path / "old.prom").write_text("old 1\n")
    os.utime(tmp_path / "old.prom", (1, 1))
    page = collect("textfile", [flag(tmp_path), "--collector.textfile.max-age=1h"])
    assert "old" not in page
    (key,) = [key for key in page if key.startswith("node_textfile_file_error")]
    assert "stale: not written for more than 1h" in key
