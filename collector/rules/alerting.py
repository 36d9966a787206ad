"""Alerting rules: every element of an expression's answer is an alert."""

from dataclasses import dataclass, field, replace
from typing import Final

from collector.rules.alert import Alert
from collector.rules.samples import QueryFunction, RuleError, Sample
from collector.rules.state import RuleState
from collector.rules.templates import AlertTemplates, Surroundings
from pharos.labels import METRIC_NAME, Labels, LabelSet, label_set

ALERT_NAME: Final = "alertname"
ALERTS: Final = "ALERTS"
FOR_STATE: Final = "ALERTS_FOR_STATE"


@dataclass(slots=True)
class AlertingRule:
    """One rule, its alerts by label set, and how the last evaluation went. `templates` come from the same labels and annotations."""

    name: str
    query: str
    hold_ms: int
    keep_firing_ms: int
    labels: Labels
    annotations: Labels
    templates: AlertTemplates
    surroundings: Surroundings
    state: RuleState = field(default_factory=RuleState)
    alerts: dict[LabelSet, Alert] = field(default_factory=dict)
    restored: bool = True

    @property
    def identity(self) -> tuple[str, str, str, LabelSet]:
        """What makes two rules of different loads the same rule."""
        return "alerting", self.name, self.query, label_set(self.labels)

    @property
    def active(self) -> list[Alert]:
        """Pending and firing alerts."""
        return [alert for alert in self.alerts.values() if not alert.resolved_at_ms]

    @property
    def worst(self) -> str:
        """The state of the rule: that of its most urgent alert."""
        states = {alert.state for alert in self.alerts.values()}
        return next((state for state in ("firing", "pending") if state in states), "inactive")

    def evaluate(self, query: QueryFunction, at_ms: int, limit: int) -> list[Sample]:
        """Move all alerts on; returns the samples that tell about them. Raises `QueryError` or `RuleError`."""
        found = self._found(query, at_ms)
        for key, fresh in found.items():
            known = self.alerts.get(key)
            if known is not None and known.state != "inactive":
                known.value, known.annotations = fresh.value, fresh.annotations
            else:
                self.alerts[key] = fresh
        for key, alert in list(self.alerts.items()):
            if key in found:
                alert.advance(at_ms, self.hold_ms)
            elif not alert.recede(at_ms, self.keep_firing_ms):
                del self.alerts[key]
        active = self.active
        if limit and len(active) > limit:
            self.alerts.clear()
            raise RuleError(f"exceeded limit of {limit} with {len(active)} alerts")
        return self.samples() if self.restored else []

    def samples(self) -> list[Sample]:
        """`ALERTS` and `ALERTS_FOR_STATE` of what is active."""
        out = []
        for alert in self.active:
            own = {**alert.labels, ALERT_NAME: self.name}
            out.append(Sample({**own, METRIC_NAME: ALERTS, "alertstate": alert.state}, 1.0))
            out.append(Sample({**own, METRIC_NAME: FOR_STATE}, float(alert.active_at_ms // 1000)))
        return out

    def _found(self, query: QueryFunction, at_ms: int) -> dict[LabelSet, Alert]:
        out: dict[LabelSet, Alert] = {}
        for sample in query(self.query, at_ms):
            value = sample.value if sample.histogram is None else sample.histogram.sum
            labels, annotations = self.templates.expand(sample.labels, value, query, at_ms, self.surroundings)
            final = {**sample.labels, **labels, ALERT_NAME: self.name}
            final.pop(METRIC_NAME, None)
            final = {name: text for name, text in final.items() if text}
            key = label_set(final)
            if key in out:
                raise RuleError("vector contains metrics with the same labelset after applying alert labels")
            out[key] = Alert(final, annotations, value, at_ms)
        return out

    def to_send(self, at_ms: int, resend_ms: int, interval_ms: int) -> list[Alert]:
        """Copies of the alerts an Alertmanager should hear of now; they count as sent from here on."""
        out = []
        for alert in self.alerts.values():
            if alert.needs_sending(at_ms, resend_ms):
                alert.last_sent_ms = at_ms
                # An Alertmanager that hears nothing for four rounds lets the alert go.
                alert.valid_until_ms = at_ms + 4 * max(resend_ms, interval_ms)
                out.append(replace(alert))
        return out
