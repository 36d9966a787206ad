"""Dead letters."""

from pathlib import Path

import orjson

from logship.deadletter import DeadLetters


def test_document_and_reason_are_kept(tmp_path: Path) -> None:
    letters = DeadLetters(tmp_path)
    letters.add([(b'{"create":{"_id":"1"}}\n{"a":1}\n', "no")], "now")
    letters.add([(b'{"create":{"_id":"2"}}\n{"a":2}\n', "never")], "later")
    first, second = map(orjson.loads, letters.path.read_bytes().splitlines())
    assert first == {"time": "now", "reason": "no", "action": {"create": {"_id": "1"}}, "document": '{"a":1}'}
    assert second["reason"] == "never"
