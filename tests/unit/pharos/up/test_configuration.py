from pathlib import Path

import pytest

from pharos.config import ConfigError
from pharos.up.configuration import fill, render_configuration


def test_own_files_win_and_placeholders_are_filled(tmp_path: Path) -> None:
    defaults, own, target = tmp_path / "defaults", tmp_path / "own", tmp_path / "data" / "config"
    (defaults / "rules").mkdir(parents=True)
    own.mkdir()
    (defaults / "a.yml").write_text("url: ${PHAROS_X}")
    (defaults / "rules" / "r.yml").write_text("groups: []")
    (defaults / "b.yml").write_text("default")
    (own / "b.yml").write_text("own ${PHAROS_X} $1 ${other}")
    assert render_configuration(own, target, {"PHAROS_X": "h:1"}, defaults) == target
    assert (target / "a.yml").read_text() == "url: h:1"
    assert (target / "b.yml").read_text() == "own h:1 $1 ${other}"
    assert (target / "rules" / "r.yml").exists()


def test_what_a_part_would_take_alone_gives_way() -> None:
    assert fill("${PHAROS_X:-data}/x ${OTHER:-y}", {"PHAROS_X": "/run"}, "f.yml") == "/run/x ${OTHER:-y}"


def test_an_unknown_placeholder_is_named_with_its_line() -> None:
    with pytest.raises(ConfigError, match=r"f\.yml:2:1: unknown placeholder \$\{PHAROS_Y\}, known: PHAROS_X"):
        fill("\n${PHAROS_Y}", {"PHAROS_X": ""}, "f.yml")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such folder"):
        render_configuration(tmp_path / "none", tmp_path / "t", {})
