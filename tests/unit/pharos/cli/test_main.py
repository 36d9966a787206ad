import pytest

from pharos.cli.main import main, usage
from pharos.cli.parts import PARTS


def test_usage_names_every_part() -> None:
    text = usage()
    assert all(part.command in text and str(part.port) in text for part in PARTS)


def test_a_typo_suggests_the_nearest_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["colector"]) == 1
    assert "did you mean 'collector'" in capsys.readouterr().err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["version"]) == 0
    assert capsys.readouterr().out.startswith("pharos, version ")


def test_the_usage_fits_the_terminal() -> None:
    assert max(map(len, usage(80).splitlines())) <= 80
