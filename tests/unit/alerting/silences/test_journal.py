import logging
from dataclasses import replace
from pathlib import Path

import pytest

from alerting.silences.journal import SilenceJournal
from alerting.silences.silence import Silence
from pharos.matchers import parse_matchers


def restored(path: Path) -> dict[str, Silence]:
    journal = SilenceJournal(path)
    journal.close()
    return {one.id: one for one in journal.restored()}


SILENCE = Silence("one", tuple(parse_matchers('instance="a"')), 1000, 2000, 1000, "我", 'say "why"\n')


def test_what_was_appended_is_restored(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "silences.log"
    journal = SilenceJournal(path)
    journal.append([SILENCE, replace(SILENCE, id="two")])
    journal.append([replace(SILENCE, ends_at=1500)])
    journal.close()
    assert restored(path) == {"one": replace(SILENCE, ends_at=1500), "two": replace(SILENCE, id="two")}


@pytest.mark.parametrize("damage", [b"0badc0de {}\n", b'12345678 {"id": "cut'])
def test_a_damaged_end_is_cut_off(tmp_path: Path, damage: bytes, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "silences.log"
    journal = SilenceJournal(path)
    journal.append([SILENCE])
    journal.close()
    with path.open("ab") as file:
        file.write(damage)
    with caplog.at_level(logging.WARNING):
        journal = SilenceJournal(path)
    assert "ends early" in caplog.text
    journal.append([replace(SILENCE, id="two")])
    journal.close()
    assert set(restored(path)) == {"one", "two"}


def test_rewriting_keeps_only_what_is_left(tmp_path: Path) -> None:
    path = tmp_path / "silences.log"
    journal = SilenceJournal(path)
    for end in range(1500, 1600):
        journal.append([replace(SILENCE, ends_at=end)])
    size = path.stat().st_size
    journal.rewrite([SILENCE])
    assert path.stat().st_size == size
    journal.rewrite([SILENCE], force=True)
    journal.append([replace(SILENCE, id="two")])
    journal.close()
    assert len(path.read_bytes().splitlines()) == 2
    assert set(restored(path)) == {"one", "two"}
