"""After a restart: since when alerts were pending, out of `ALERTS_FOR_STATE` in the storage.

Source: the "for" state restoration of Prometheus: the time the server was down does not count, and no alert that waits longer than the
grace period fires without having been watched for that long again.
"""

from collector.latest import latest_samples
from collector.rules.alert import Alert
from collector.rules.alerting import FOR_STATE, AlertingRule
from collector.storage.interface import Queryable
from pharos.labels import METRIC_NAME, label_set
from pharos.matchers import Matcher, MatchOp


def restore(rule: AlertingRule, storage: Queryable, at_ms: int, *, tolerance_ms: int, grace_ms: int) -> None:
    """Give the rule's active alerts their old start. `tolerance_ms`: how old the stored state may be."""
    if rule.restored:
        return
    rule.restored = True
    if rule.hold_ms < grace_ms or not rule.active:
        return
    matchers = [Matcher(METRIC_NAME, MatchOp.EQUAL, FOR_STATE), Matcher("alertname", MatchOp.EQUAL, rule.name)]
    selection = storage.select(matchers, at_ms - tolerance_ms, at_ms)
    stored = {}
    for row, when_ms, value, _ in latest_samples(selection):
        labels = selection.labels.labels(row)
        del labels[METRIC_NAME]
        stored[label_set(labels)] = (when_ms, round(value * 1000))
    for alert in rule.active:
        known = stored.get(label_set(alert.labels))
        if known is not None:
            _restore_one(alert, at_ms, known[0], known[1], rule.hold_ms, grace_ms)


def _restore_one(alert: Alert, at_ms: int, down_ms: int, active_ms: int, hold_ms: int, grace_ms: int) -> None:
    remaining = hold_ms - (down_ms - active_ms)
    if remaining <= 0:
        alert.active_at_ms = active_ms  # it fired before the server went down
    elif remaining < grace_ms:
        alert.active_at_ms = at_ms + grace_ms - hold_ms
    else:
        alert.active_at_ms = active_ms + (at_ms - down_ms)
