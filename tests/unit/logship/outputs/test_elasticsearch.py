"""What an answer to `_bulk` means."""

import pytest

from logship.outputs.base import RetryLaterError
from logship.outputs.elasticsearch import ElasticsearchOutlet

judge = ElasticsearchOutlet._judge


def test_all_arrived() -> None:
    delivery = judge({"errors": False}, 3)
    assert (delivery.known, delivery.later, delivery.refused) == (0, [], [])


def test_item_by_item() -> None:
    items = [
        {"create": {"status": 201}},
        {"create": {"status": 409, "error": {"type": "version_conflict_engine_exception"}}},
        {"create": {"status": 429, "error": {"type": "es_rejected_execution_exception"}}},
        {"create": {"status": 400, "error": {"type": "document_parsing_exception"}}},
        {"create": {"status": 503}},
    ]
    delivery = judge({"errors": True, "items": items}, 5)
    assert (delivery.known, delivery.later) == (1, [2, 4])
    assert delivery.refused == [(3, '{"type":"document_parsing_exception"}')]


@pytest.mark.parametrize("reply", ["<html>", {}, {"errors": True, "items": []}, None])
def test_an_answer_that_is_none_is_no_success(reply: object) -> None:
    with pytest.raises(RetryLaterError):
        judge(reply, 2)
