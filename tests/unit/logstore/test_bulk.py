"""Bulk bodies."""

import pytest

from logstore.bulk import check_id, parse_bulk
from logstore.errors import ElasticError


def test_each_operation() -> None:
    body = (
        b'{"index":{"_index":"a","_id":"1"}}\n{"x":1}\n'
        b'{"create":{"_id":2}}\n{"x":2}\n{"delete":{"_id":"3"}}\n\n{"update":{"_id":"4"}}\n{"doc":{}}\n'
    )
    actions = parse_bulk(body, "default")
    assert [(a.operation, a.index, a.id) for a in actions] == [
        ("index", "a", "1"), ("create", "default", "2"), ("delete", "default", "3"), ("update", "default", "4"),
    ]  # fmt: skip
    assert actions[0].doc == {"x": 1}


def test_a_bad_document_fails_alone() -> None:
    actions = parse_bulk(b'{"index":{}}\n{broken\n{"index":{}}\n[1]\n{"index":{}}\n{}\n', "a")
    assert [action.error is not None for action in actions] == [True, True, False]


def test_a_missing_index_fails_alone() -> None:
    (action,) = parse_bulk(b'{"index":{}}\n{}\n', "")
    assert action.error is not None
    assert "index is missing" in action.error.reason


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "request body is required"),
        (b'{"index":{}}\n{}', "terminated by a newline"),
        (b'{"explode":{}}\n{}\n', "found \\[explode\\]"),
        (b"nonsense\n{}\n", "Malformed action"),
        (b"\n", "no requests added"),
        (b'{"index":{}}\n', "document is missing"),
    ],
)
def test_a_malformed_request_fails_as_a_whole(body: bytes, reason: str) -> None:
    with pytest.raises(ElasticError, match=reason):
        parse_bulk(body, "a")


def test_ids() -> None:
    check_id("any text at all")
    for bad in ("", "x" * 513, "two\nlines"):
        with pytest.raises(ElasticError):
            check_id(bad)
