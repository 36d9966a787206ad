from pathlib import Path

import pytest

from collector.cli.tsdb import main

TEXT = '# TYPE a counter\na_total{x="y"} 1 1700000000\na_total{x="y"} 2.5 1700000030.5\na_total{x="z"} 7 1700000000\n# EOF\n'


def test_a_file_becomes_blocks_that_can_be_read_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in.txt").write_text(TEXT)
    folder = str(tmp_path / "data")
    assert main(["create-blocks-from", "openmetrics", str(tmp_path / "in.txt"), folder]) == 0
    ulid = capsys.readouterr().out.splitlines()[1].split()[0]
    assert main(["list", "-r", folder]) == 0
    assert ulid in capsys.readouterr().out
    assert main(["dump-openmetrics", folder]) == 0
    assert capsys.readouterr().out.splitlines() == [
        'a_total{x="y"} 1 1700000000',
        'a_total{x="y"} 2.5 1700000030.500',
        'a_total{x="z"} 7 1700000000',
        "# EOF",
    ]
    assert main(["dump", "--match", 'a_total{x="z"}', folder]) == 0
    assert capsys.readouterr().out == '{__name__="a_total", x="z"} 7 1700000000000\n'
    assert main(["analyze", folder]) == 0
    assert "Total Series: 2" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "said"), [("a 1\n# EOF\n", "expected timestamp"), ("a 1 5\n", "EOF"), ("a{ 1 5\n# EOF\n", "next:")]
)
def test_a_file_that_cannot_become_blocks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    (tmp_path / "in.txt").write_text(text)
    assert main(["create-blocks-from", "openmetrics", str(tmp_path / "in.txt"), str(tmp_path / "data")]) == 1
    assert said in capsys.readouterr().err


def test_a_folder_without_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", str(tmp_path)]) == 1
    assert "is no data folder" in capsys.readouterr().err
