import orjson
import pytest

from alerting.ingest import BodyError, parse_alerts

NOW = 1_800_000_000.0


def parsed(*alerts: object) -> list[tuple[dict[str, str], float, float]]:
    found = parse_alerts(orjson.dumps(alerts), NOW, 300)
    assert found.errors == []
    return [(dict(key), alert.starts_at, alert.ends_at) for key, alert in found.alerts]


def test_missing_times_become_now_and_the_timeout() -> None:
    assert parsed({"labels": {"alertname": "a"}}) == [({"alertname": "a"}, NOW, NOW + 300)]


def test_zero_times_count_as_missing() -> None:
    zero = "0001-01-01T00:00:00.000Z"
    assert parsed({"labels": {"a": "b"}, "startsAt": zero, "endsAt": zero}) == [({"a": "b"}, NOW, NOW + 300)]


def test_only_an_end_is_also_the_start() -> None:
    assert parsed({"labels": {"a": "b"}, "endsAt": "2027-01-15T08:00:00Z"}) == [({"a": "b"}, NOW, NOW)]


def test_offsets_and_nanoseconds() -> None:
    ((_, starts, _),) = parsed({"labels": {"a": "b"}, "startsAt": "2027-01-15T09:59:59.123456789+02:00"})
    assert starts == pytest.approx(NOW - 0.876544, abs=1e-5)


def test_empty_labels_are_dropped() -> None:
    assert parsed({"labels": {"a": "b", "c": ""}})[0][0] == {"a": "b"}


@pytest.mark.parametrize(
    ("alert", "message"),
    [
        ({"labels": {}}, "at least one label pair required"),
        ({"annotations": {}}, "the key 'labels' is missing"),
        ({"labels": {"": "x"}}, "invalid name"),
        ({"labels": {"a": 1}}, "must be text"),
        ({"labels": []}, "an alert must be an object"),
        (None, "an alert must be an object"),
        ({"labels": {"a": "b"}, "annotations": "text"}, "annotations must be an object of texts"),
        ({"labels": {"a": "b"}, "annotations": {"c": 5}}, "annotations must be an object of texts"),
        ({"labels": {"a": "b"}, "generatorURL": 5}, "generatorURL a text"),
        ({"labels": {"a": "b"}, "startsAt": 5}, "Invalid isoformat"),
        (
            {"labels": {"a": "b"}, "startsAt": "2027-01-15T08:00:00Z", "endsAt": "2026-01-15T08:00:00Z"},
            "before end time",
        ),
        ({"labels": {"a": "b"}, "startsAt": "yesterday"}, "Invalid isoformat"),
        ({"labels": {"a": "b"}, "startsAt": "2027-01-15T08:00:00"}, "time zone"),
    ],
)
def test_bad_alerts_do_not_hold_back_good_ones(alert: object, message: str) -> None:
    found = parse_alerts(orjson.dumps([alert, {"labels": {"good": "yes"}}]), NOW, 300)
    assert len(found.alerts) == 1
    assert message in found.errors[0]


@pytest.mark.parametrize("body", [b"", b"{}", b"[", b'"x"'])
def test_bad_bodies(body: bytes) -> None:
    with pytest.raises(BodyError):
        parse_alerts(body, NOW, 300)
