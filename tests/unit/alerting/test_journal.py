from dataclasses import replace
from pathlib import Path

import pytest

from alerting.decide import Told
from alerting.delivery.destination import Attempt
from alerting.journal import Journal, Search
from tests.support.notifying import NOW, series, told

ATTEMPT = Attempt(NOW, "team/webhook[0]", "team", "webhook", (told(series(instance="a:9100")),), 1, 0.1, "{}", "ok")
FAILED = replace(ATTEMPT, at=NOW + 1, receiver="other", error="100% down", error_reason="timeout", answer="")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "notifications.db"


async def test_what_was_told_survives(path: Path) -> None:
    journal = Journal(path)
    entry = Told(NOW, frozenset({"a", "b"}), frozenset({"c"}))
    journal.note_told("group", "team/webhook[0]", replace(entry, at=1))
    journal.note_told("group", "team/webhook[0]", entry)
    await journal.close()
    journal = Journal(path)
    assert journal.load_told() == {("group", "team/webhook[0]"): entry}
    await journal.close()


@pytest.mark.parametrize(
    ("search", "count"),
    [
        (Search(), 2),
        (Search(receiver="team"), 1),
        (Search(result="failure"), 1),
        (Search(result="success"), 1),
        (Search(text="INSTANCE=a:9100"), 2),
        (Search(text="100% d"), 1),
        (Search(text="100_"), 0),
        (Search(since=NOW + 0.5), 1),
        (Search(until=NOW + 0.5), 1),
        (Search(fingerprint=series(instance="a:9100").fingerprint), 2),
        (Search(fingerprint="0"), 0),
    ],
)
async def test_search(path: Path, search: Search, count: int) -> None:
    journal = Journal(path)
    journal.note_attempt(ATTEMPT)
    journal.note_attempt(FAILED)
    total, rows = await journal.search(search)
    await journal.close()
    assert (total, len(rows)) == (count, count)


async def test_pages_newest_first(path: Path) -> None:
    journal = Journal(path)
    for number in range(5):
        journal.note_attempt(replace(ATTEMPT, number=number))
    total, rows = await journal.search(Search(limit=2, offset=1))
    await journal.close()
    assert (total, [row["number"] for row in rows]) == (5, [3, 2])


async def test_garbage(path: Path) -> None:
    journal = Journal(path)
    journal.note_attempt(ATTEMPT)
    journal.note_attempt(FAILED)
    journal.note_told("old", "x", Told(NOW))
    await journal.flush()
    await journal.collect_garbage(NOW + 1, NOW + 1)
    total, rows = await journal.search(Search())
    assert (total, rows[0]["error"], journal.load_told()) == (1, "100% down", {})
    await journal.close()
