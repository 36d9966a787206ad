import pytest

from alerting.silences.silence import SilenceError, from_json, to_json

DOCUMENT = {
    "id": "one",
    "matchers": [
        {"name": "a", "value": "b", "isRegex": False},
        {"name": "c", "value": "d.*", "isRegex": True, "isEqual": False},
    ],
    "startsAt": "2026-11-20T10:00:00Z",
    "endsAt": "2026-11-20T12:00:00Z",
    "createdBy": "me",
    "comment": "why",
}


def test_round_trip() -> None:
    silence = from_json(DOCUMENT)
    assert [str(matcher) for matcher in silence.matchers] == ['a="b"', 'c!~"d.*"']
    shown = to_json(silence, silence.starts_at)
    assert shown["status"] == {"state": "active"}
    assert from_json(shown | {"updatedAt": "0001-01-01T00:00:00Z"}) == silence


@pytest.mark.parametrize(
    "change",
    [
        {"matchers": [{"name": "a", "value": "(", "isRegex": True}]},
        {"matchers": [{"name": "", "value": "x"}]},
        {"matchers": [{"value": "x"}]},
        {"matchers": 5},
        {"startsAt": "tomorrow"},
    ],
)
def test_what_cannot_be(change: dict[str, object]) -> None:
    with pytest.raises(SilenceError):
        from_json({**DOCUMENT, **change})


def test_every_field_is_needed() -> None:
    for name in ("matchers", "startsAt", "endsAt", "createdBy", "comment"):
        with pytest.raises(SilenceError, match=name):
            from_json({key: value for key, value in DOCUMENT.items() if key != name})
