from dataclasses import replace

from alerting.alert import Alert, fingerprint, merge
from alerting.store import AlertStore
from pharos.labels import label_set

FIRST = Alert(100, 400, 100, {})


def test_fingerprint_is_the_one_of_prometheus() -> None:
    # Taken from a real Alertmanager.
    labels = {"alertname": "job", "instance": "x", "team": "night"}
    assert fingerprint(label_set(labels)) == "2478c60b98640dd1"
    assert len(fingerprint(label_set({"alertname": "磁盘"}))) == 16


def test_a_repeated_alert_keeps_its_start() -> None:
    assert merge(FIRST, Alert(200, 500, 200, {})) == Alert(100, 500, 200, {})


def test_a_longer_end_given_by_the_client_stays() -> None:
    assert merge(replace(FIRST, ends_at=900), Alert(200, 500, 200, {})).ends_at == 900


def test_an_end_made_by_the_timeout_does_not_stay() -> None:
    assert merge(replace(FIRST, ends_at=900, timed_out=True), Alert(200, 500, 200, {})).ends_at == 500


def test_an_end_is_believed() -> None:
    assert merge(FIRST, Alert(100, 250, 250, {})).ends_at == 250


def test_alerts_that_do_not_overlap_are_not_merged() -> None:
    later = Alert(1000, 1300, 1000, {})
    assert merge(FIRST, later) is later


def test_what_comes_late_does_not_win() -> None:
    newer = Alert(100, 450, 200, {"summary": "new"})
    assert merge(newer, Alert(100, 400, 150, {"summary": "old"})).annotations == {"summary": "new"}


def test_the_store_forgets_what_is_over() -> None:
    store = AlertStore()
    one, two = label_set({"alertname": "a"}), label_set({"alertname": "b"})
    store.put([(one, FIRST), (two, replace(FIRST, ends_at=1000))])
    assert [series.name for series in store.collect_garbage(500)] == ["a"]
    assert [series.name for series in store.ordered()] == ["b"]
