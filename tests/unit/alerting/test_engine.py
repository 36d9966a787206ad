"""Timing, routing, muting and the log of what was told, as schedules: each file of tests/scripts/alerting is a test."""

from pathlib import Path

import pytest

from tests.support.schedule import Player, read

SCRIPTS = sorted((Path(__file__).parents[2] / "scripts" / "alerting").glob("*.test"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_schedule(path: Path, tmp_path: Path) -> None:
    script = read(path.read_text())
    assert Player(script, tmp_path).play() == script.expected


def test_there_are_scripts() -> None:
    assert len(SCRIPTS) > 10
