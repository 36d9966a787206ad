"""Bodies and answers on the wire."""

import pytest
from elastic_transport import SerializationError

from logship.outputs.wire import SERIALIZERS, Answers, Bodies


@pytest.mark.parametrize(
    "text",
    [b'{"errors":false,"items":[{"create":{"status":201}}]}', b'{"took":30,"errors":false}', b'{ "errors" : false }'],
)
def test_when_nothing_failed_the_rest_is_not_read(text: bytes) -> None:
    assert Answers().loads(text) == {"errors": False}


def test_when_something_failed_all_of_it_is_read() -> None:
    text = b'{"errors":true,"items":[{"create":{"status":429}}]}'
    assert Answers().loads(text) == {"errors": True, "items": [{"create": {"status": 429}}]}
    assert Answers().loads(b'{"error":{"type":"x"},"status":503}') == {"error": {"type": "x"}, "status": 503}
    with pytest.raises(SerializationError):
        Answers().loads(b"<html>")


def test_bodies_are_sent_as_they_are() -> None:
    body = b'{"create":{}}\n{}\n'
    assert Bodies().dumps(body) is body
    with pytest.raises(SerializationError):
        Bodies().dumps([{}])
    assert set(SERIALIZERS) == {"application/json", "application/x-ndjson"}
