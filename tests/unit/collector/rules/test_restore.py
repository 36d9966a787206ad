import pytest

from collector.queries import Queries
from collector.rules.alert import Alert
from collector.rules.alerting import AlertingRule
from collector.rules.restore import restore
from pharos.labels import label_set
from tests.support.collector_api import NOW_S, groups_of, storage_with

NOW = int(NOW_S * 1000)
MINUTE = 60_000


def rule_with_alert(hold: str) -> AlertingRule:
    queries = Queries.over(storage_with(), frozenset())
    (group,) = groups_of(f"groups: [{{name: g, rules: [{{alert: A, expr: up, for: {hold}}}]}}]", queries)
    rule = group.alerting[0]
    rule.restored = False
    alert = Alert({"alertname": "A", "i": "x"}, {}, 1, NOW)
    rule.alerts[label_set(alert.labels)] = alert
    return rule


@pytest.mark.parametrize(
    ("hold", "active_ago", "down_ago", "expected_ago"),
    [
        ("30m", 60, 5, 60),  # it fired before: it fires at once
        ("60m", 10, 5, 5),  # the five minutes of the outage do not count
        ("60m", 59, 5, 50),  # close to firing: it is watched for the grace period of ten minutes
        ("5m", 60, 5, 0),  # shorter than the grace period: begins anew
    ],
)
def test_the_start_of_an_alert_outlives_a_restart(hold: str, active_ago: int, down_ago: int, expected_ago: int) -> None:
    rule = rule_with_alert(hold)
    started = (NOW - active_ago * MINUTE) / 1000
    store = storage_with()
    store.put({"__name__": "ALERTS_FOR_STATE", "alertname": "A", "i": "x"}, [(NOW - down_ago * MINUTE, started)])
    restore(rule, store, NOW, tolerance_ms=60 * MINUTE, grace_ms=10 * MINUTE)
    assert rule.restored
    assert rule.active[0].active_at_ms == NOW - expected_ago * MINUTE


def test_an_outage_that_was_too_long_restores_nothing() -> None:
    rule = rule_with_alert("60m")
    store = storage_with()
    store.put({"__name__": "ALERTS_FOR_STATE", "alertname": "A", "i": "x"}, [(NOW - 61 * MINUTE, 1.0)])
    restore(rule, store, NOW, tolerance_ms=60 * MINUTE, grace_ms=10 * MINUTE)
    assert rule.active[0].active_at_ms == NOW
