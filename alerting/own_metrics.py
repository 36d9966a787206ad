"""The metrics the alerting service keeps about itself; names of Alertmanager where it has the same thing."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from alerting.delivery.destination import Attempt
from pharos.http.own_metrics import new_registry


class OwnMetrics:
    """Counters and gauges in one registry."""

    def __init__(self) -> None:
        self.registry: CollectorRegistry = new_registry("alertmanager")
        registry = self.registry
        self.received = Counter(
            "alertmanager_alerts_received", "Alerts received, by status.", ["status", "version"], registry=registry
        )
        self.firing = self.received.labels("firing", "v2")
        self.resolved = self.received.labels("resolved", "v2")
        self.invalid = Counter("alertmanager_alerts_invalid", "Alerts refused.", ["version"], registry=registry).labels(
            "v2"
        )
        self.alerts = Gauge("alertmanager_alerts", "Alerts by state.", ["state"], registry=registry)
        self.silences = Gauge("alertmanager_silences", "Silences by state.", ["state"], registry=registry)
        self.groups = Gauge("alertmanager_dispatcher_aggregation_groups", "Active groups.", registry=registry)
        self.attempts = Counter(
            "alertmanager_notifications", "Attempted messages.", ["integration", "receiver_name"], registry=registry
        )
        self.failures = Counter(
            "alertmanager_notifications_failed",
            "Failed messages.",
            ["integration", "receiver_name", "reason"],
            registry=registry,
        )
        self.latency = Histogram(
            "alertmanager_notification_latency_seconds",
            "Time to deliver a message.",
            ["integration"],
            buckets=(1, 5, 10, 15, 20),
            registry=registry,
        )
        self.waiting = Gauge(
            "alertmanager_notifications_waiting",
            "Notifications that wait for their robot's budget.",
            ["integration", "receiver_name"],
            registry=registry,
        )
        self.reload_good = Gauge(
            "alertmanager_config_last_reload_successful", "Whether the last reload worked.", registry=registry
        )
        self.reload_time = Gauge(
            "alertmanager_config_last_reload_success_timestamp_seconds",
            "When the configuration was last loaded.",
            registry=registry,
        )

    def note_attempt(self, attempt: Attempt) -> None:
        self.attempts.labels(attempt.kind, attempt.receiver).inc()
        self.latency.labels(attempt.kind).observe(attempt.seconds)
        if attempt.error:
            self.failures.labels(attempt.kind, attempt.receiver, attempt.error_reason).inc()
