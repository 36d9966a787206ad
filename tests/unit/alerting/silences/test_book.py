from dataclasses import replace

import pytest

from alerting.silences.book import SilenceBook, SilenceError, UnknownSilenceError, sort_key
from alerting.silences.silence import Silence
from pharos.matchers import parse_matchers
from tests.support.notifying import series

NOW = 1000.0
WANTED = Silence("", tuple(parse_matchers('instance="a"')), NOW, NOW + 600, 0, "me", "why")


@pytest.fixture
def book() -> SilenceBook:
    return SilenceBook(retention_s=100)


def test_an_active_silence_mutes(book: SilenceBook) -> None:
    book.set(WANTED, "one", NOW)
    assert book.silenced_by(series(instance="a"), NOW + 1) == ("one",)
    assert book.silenced_by(series(instance="b"), NOW + 1) == ()
    assert book.silenced_by(series(instance="a"), NOW + 600) == ()


def test_the_answer_follows_changes(book: SilenceBook) -> None:
    muted = series(instance="a")
    assert book.silenced_by(muted, NOW) == ()
    book.set(WANTED, "one", NOW)
    assert book.silenced_by(muted, NOW) == ("one",)
    book.expire("one", NOW + 1)
    assert book.silenced_by(muted, NOW + 1) == ()


def test_a_pending_silence_begins_by_itself(book: SilenceBook) -> None:
    book.set(replace(WANTED, starts_at=NOW + 100), "one", NOW)
    muted = series(instance="a")
    assert book.silenced_by(muted, NOW) == ()
    assert book.silenced_by(muted, NOW + 100) == ("one",)


def test_a_longer_end_keeps_the_id(book: SilenceBook) -> None:
    book.set(WANTED, "one", NOW)
    silence, changes = book.set(replace(WANTED, id="one", ends_at=NOW + 999), "two", NOW + 10)
    assert (silence.id, silence.ends_at, len(changes)) == ("one", NOW + 999, 1)


def test_other_matchers_make_another_silence(book: SilenceBook) -> None:
    book.set(WANTED, "one", NOW)
    changed = replace(WANTED, id="one", matchers=tuple(parse_matchers('instance="b"')))
    silence, changes = book.set(changed, "two", NOW + 10)
    assert silence.id == "two"
    assert [(one.id, one.state(NOW + 10)) for one in changes] == [("one", "expired"), ("two", "active")]


def test_a_start_in_the_past_becomes_now(book: SilenceBook) -> None:
    silence, _ = book.set(replace(WANTED, starts_at=1), "one", NOW)
    assert silence.starts_at == NOW


def test_expiring(book: SilenceBook) -> None:
    book.set(WANTED, "one", NOW)
    assert len(book.expire("one", NOW + 5)) == 1
    assert book.expire("one", NOW + 6) == []
    with pytest.raises(UnknownSilenceError):
        book.expire("two", NOW)


def test_garbage(book: SilenceBook) -> None:
    book.set(WANTED, "one", NOW)
    assert book.collect_garbage(NOW + 700) == 0
    assert book.collect_garbage(NOW + 701) == 1
    assert len(book) == 0


@pytest.mark.parametrize(
    ("silence", "message"),
    [
        (replace(WANTED, matchers=()), "at least one matcher"),
        (replace(WANTED, matchers=tuple(parse_matchers('a=~".*"'))), "must not match the empty string"),
        (replace(WANTED, ends_at=NOW), "start time must be before end time"),
        (replace(WANTED, starts_at=1, ends_at=2), "end time can't be in the past"),
    ],
)
def test_what_cannot_be(book: SilenceBook, silence: Silence, message: str) -> None:
    with pytest.raises(SilenceError, match=message):
        book.set(silence, "one", NOW)


def test_an_unknown_id_is_an_error(book: SilenceBook) -> None:
    with pytest.raises(UnknownSilenceError):
        book.set(replace(WANTED, id="nobody"), "one", NOW)


def test_order_of_lists() -> None:
    spans = {
        "active": (0, 2000),
        "soon": (1500, 9000),
        "later": (1600, 9000),
        "old": (0, 10),
        "older": (0, 5),
        "ending": (0, 1100),
    }
    silences = [replace(WANTED, id=name, starts_at=span[0], ends_at=span[1]) for name, span in spans.items()]
    names = [one.id for one in sorted(silences, key=lambda one: sort_key(one, NOW))]
    assert names == ["ending", "active", "soon", "later", "old", "older"]
