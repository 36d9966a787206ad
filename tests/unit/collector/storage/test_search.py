import numpy as np
import pytest

from collector.storage import search
from collector.storage.series import SeriesTable
from pharos.matchers import parse_matchers


def table_of(count: int) -> SeriesTable:
    table = SeriesTable()
    table.resolve([(("__name__", "m"), ("i", str(number)), ("odd", str(number % 2))) for number in range(count)])
    return table


@pytest.mark.parametrize("text", ['{i="3"}', '{i=~"1.*"}', '{odd!="1"}', "{}"])
def test_an_answer_is_remembered_until_series_come(text: str) -> None:
    table, wanted = table_of(20), parse_matchers(text)
    first = table.match(wanted)
    assert table.match(wanted) is first
    table.resolve([(("i", "3"), ("odd", "7")), (("i", "19"), ("odd", "7"))])
    expected = [sid for sid in range(22) if all(matcher.matches(table.labels(sid)) for matcher in wanted)]
    assert table.match(wanted).tolist() == expected


def test_an_answer_cannot_be_changed() -> None:
    found = table_of(5).match(parse_matchers('{odd="1"}'))
    with pytest.raises(ValueError, match="read-only"):
        found[0] = 9


def test_long_answers_are_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_ANSWER_SERIES", 3)
    table, wanted = table_of(20), parse_matchers('{odd="1"}')
    assert table.match(wanted) is not table.match(wanted)


def test_old_answers_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_ALL_ANSWERS_SERIES", 40)
    table, (first, *others) = table_of(20), [parse_matchers(f'{{i="{number}"}}') for number in range(3)]
    found = table.match(first)
    for wanted in others:
        table.match(wanted)
    assert table.match(first) is not found
    assert table.match(first).tolist() == found.tolist()


def test_what_is_found_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_FEW", 5)
    table = table_of(20)
    for text in ('{i="3"}', '{i=~"3|4",odd=~".+"}', '{nope="x"}'):
        found = table.match_at_once(parse_matchers(text))
        assert found is not None
        assert found.tolist() == table.match(parse_matchers(text)).tolist()
    for text in ('{odd="1"}', '{i=~"3.*"}', "{}"):
        wanted = parse_matchers(text)
        assert table.match_at_once(wanted) is None
        assert table.match_at_once(wanted) is None
        table.match(wanted)
        assert table.match_at_once(wanted) is not None


def test_a_number_that_stands_for_another_series_is_not_found_under_its_old_labels() -> None:
    table, three = table_of(5), parse_matchers('{i="3"}')
    assert table.match(three).tolist() == [3]
    table.release(np.array([3]), free=True)
    assert table.match(three).tolist() == []
    other = table.resolve([(("i", "9"),)])
    assert other.tolist() == [3]
    assert table.match(three).tolist() == []
    assert table.match(parse_matchers('{i="9"}')).tolist() == [3]
