import re

import numpy as np
import pytest

from collector.storage import records, series, serieshashes
from collector.storage.series import SeriesTable
from pharos.labels import LabelSet, label_set
from pharos.matchers import parse_matchers

PAGE: list[LabelSet] = [
    label_set(
        {
            "__name__": f"metric_{number % 5}",
            "i": str(number),
            "job": "api" if number % 2 else "",
            "zone": f"z{number % 3}",
        }
    )
    for number in range(200)
]


def test_a_label_set_keeps_its_number() -> None:
    table = SeriesTable()
    first = table.resolve(PAGE)
    assert sorted(first.tolist()) == list(range(200))
    assert (table.resolve(PAGE[::-1]) == first[::-1]).all()
    assert [label_set(table.labels(sid)) for sid in first.tolist()] == PAGE


def test_twins_in_one_batch_get_one_number() -> None:
    table = SeriesTable()
    assert len(set(table.resolve([PAGE[0], PAGE[1], PAGE[0]]).tolist())) == 2


def test_colliding_hashes_do_not_mix_series_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series, "hash_series", lambda keysets, *_: np.zeros(len(keysets), np.uint64))
    monkeypatch.setattr(serieshashes, "_PENDING_MAX", 50)
    table = SeriesTable()
    first = table.resolve(PAGE)
    assert len(set(first.tolist())) == 200
    assert (table.resolve(PAGE) == first).all()


@pytest.mark.parametrize(
    "text",
    [
        '{job="api"}',
        '{job=""}',
        '{job!="api"}',
        '{__name__="metric_1",zone=~"z0|z2"}',
        '{i=~"1.*",job=~".+"}',
        '{i!~"1.*"}',
        '{nope="x"}',
        '{nope=""}',
        '{nope!="x",i="7"}',
        '{zone=~"z.",__name__=~"metric_[12]",i!="7"}',
        '{__name__=~".*"}',
    ],
)
def test_matching_agrees_with_matching_one_by_one(text: str) -> None:
    table = SeriesTable()
    sids = table.resolve(PAGE)
    wanted = parse_matchers(text)
    expected = [
        sid for sid, labels in zip(sids.tolist(), PAGE, strict=True) if all(m.matches(dict(labels)) for m in wanted)
    ]
    assert table.match(wanted).tolist() == expected


def test_names_and_values() -> None:
    table = SeriesTable()
    sids = table.resolve(PAGE)
    assert table.names_of() == ["__name__", "i", "job", "zone"]
    assert table.names_of(sids[:1]) == ["__name__", "i", "zone"]
    assert table.texts_of("zone") == ["z0", "z1", "z2"]
    assert table.texts_of("zone", sids[:2]) == ["z0", "z1"]
    assert table.texts_of("nope") == []


def test_the_columns_of_a_table_hold_the_labels() -> None:
    table = SeriesTable()
    sids = table.resolve(PAGE)
    columns = table.table(sids[10:20])
    assert [label_set(columns.labels(row)) for row in range(10)] == PAGE[10:20]


def test_restored_series_keep_their_numbers() -> None:
    table = SeriesTable()
    sids = table.resolve(PAGE)
    payload = memoryview(records.encode_series(table, sids[50:]))
    other = SeriesTable()
    other.resolve([])
    assert (records.decode_series([payload], other) == sids[50:]).all()
    assert (other.resolve(PAGE[50:]) == sids[50:]).all()
    assert re.fullmatch("z.", other.labels(int(sids[60]))["zone"])
    assert other.match(parse_matchers('{i="3"}')).tolist() == []


def test_a_regular_expression_sees_values_that_came_since() -> None:
    table = SeriesTable()
    (wanted,) = parse_matchers('{a=~"x.+"}')
    table.resolve([(("a", "x1"),), (("a", "y"),)])
    assert table.match([wanted]).tolist() == [0]
    table.resolve([(("a", "x2"),), (("b", "x3"),)])
    assert table.match([wanted]).tolist() == [0, 2]


def test_many_records_of_series_are_entered_at_once() -> None:
    table = SeriesTable()
    labels = [
        label_set({"__name__": f"m{i % 3}", "i": str(i)} | ({"own": f"x{i}"} if i % 2 else {})) for i in range(60)
    ]
    sids = table.resolve(labels)
    pieces = [sids[:7], sids[40:], sids[5:40], sids[:1], sids[:0]]  # some of them twice
    payloads = [memoryview(records.encode_series(table, piece)) for piece in pieces]
    other = SeriesTable()
    assert records.decode_series(payloads, other).tolist() == np.concatenate(pieces).tolist()
    assert [other.labels(sid) for sid in sids.tolist()] == [table.labels(sid) for sid in sids.tolist()]
    for text in ("m1", 'm1{i="4"}', '{own="x5"}'):
        assert other.match(parse_matchers(text)).tolist() == table.match(parse_matchers(text)).tolist()
    assert other.resolve(labels).tolist() == sids.tolist()
