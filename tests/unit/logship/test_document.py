"""Documents and their action lines."""

import orjson

from logship.document import Documents, action_for
from logship.record import Batch


def test_the_index_follows_the_day_of_the_document() -> None:
    documents, batch = Documents("auto", {}, action_for("logs-%Y.%m.%d")), Batch()
    for moment in (b"2026-11-20T23:59:59Z", b"2026-11-21T00:00:00Z", b"2026-11-20T23:59:58Z"):
        documents.emit(b"key", 0, 1, moment, b"x", documents.ending(b""), batch)
    indices = [orjson.loads(item.split(b"\n")[0])["create"]["_index"] for item in batch.items]
    assert indices == ["logs-2026.11.20", "logs-2026.11.21", "logs-2026.11.20"]


def test_a_body_that_tells_its_time_level_and_message() -> None:
    documents, batch = Documents("auto", {"service": "cart"}, action_for("logs")), Batch()
    body = b'{"time":"2026-11-20T11:00:01Z","level":"warn","msg":"hi","n":{"m":1}}'
    documents.emit(b"key", 255, 16, b"2026-11-20T11:00:00Z", body, documents.ending(b"stdout"), batch)
    action, document = (orjson.loads(line) for line in batch.items[0].splitlines())
    assert action == {"create": {"_index": "logs", "_id": "key00000000ff10"}}
    assert document == {
        "@timestamp": "2026-11-20T11:00:01Z", "message": "hi", "fields": {"n": {"m": 1}}, "level": "warn", "stream": "stdout", "service": "cart",
    }  # fmt: skip
    assert batch.size == len(batch.items[0])
    assert documents.by_level == {"warn": 1}


def test_a_parser_that_is_not_asked_for_is_not_used() -> None:
    documents, batch = Documents("plain", {}, action_for("logs")), Batch()
    documents.emit(b"key", 0, 1, b"2026-11-20T11:00:00Z", b'{"msg":"hi"}', documents.ending(b""), batch)
    assert orjson.loads(batch.items[0].splitlines()[1])["message"] == '{"msg":"hi"}'
