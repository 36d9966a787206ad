import orjson

from collector.rules.alert import Alert
from collector.rules.outgoing import OutgoingAlert, encode, prepare
from pharos.regex import anchored
from pharos.relabel import RelabelAction, RelabelConfig


def alert(**labels: str) -> OutgoingAlert:
    one = Alert({"alertname": "A", **labels}, {"text": "t"}, 1, 0, "firing", fired_at_ms=1_000, valid_until_ms=61_000)
    return OutgoingAlert.of(one, "up == 0")


def test_the_wire_form() -> None:
    assert orjson.loads(encode([alert(i="x")], "http://c:9090/")) == [
        {
            "labels": {"alertname": "A", "i": "x"},
            "annotations": {"text": "t"},
            "startsAt": "1970-01-01T00:00:01.000Z",
            "endsAt": "1970-01-01T00:01:01.000Z",
            "generatorURL": "http://c:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1",
        }
    ]


def test_external_labels_are_added_where_there_are_none_and_rules_may_drop() -> None:
    drop = RelabelConfig(("i",), regex=anchored("y"), action=RelabelAction.DROP)
    ready = prepare([alert(i="x", dc="own"), alert(i="y"), alert(i="z")], {"dc": "ext"}, [drop])
    assert [one.labels for one in ready] == [
        {"alertname": "A", "i": "x", "dc": "own"},
        {"alertname": "A", "i": "z", "dc": "ext"},
    ]


def test_no_annotations_are_left_out() -> None:
    bare = OutgoingAlert({"alertname": "A"}, {}, 0, 1000, "up")
    assert list(bare.wire("http://x")) == ["labels", "startsAt", "endsAt", "generatorURL"]
