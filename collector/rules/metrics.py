"""What rules and the sending of alerts tell about themselves, under Prometheus's names."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Summary
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collector.rules.group import Group


class RuleMetrics(Collector):
    """Figures of the groups, read when they are asked for."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self._groups: Mapping[str, Group] = {}
        self._rule_time = Summary(
            "prometheus_rule_evaluation_duration_seconds", "The duration for a rule to execute.", registry=registry
        )
        self._group_time = Summary(
            "prometheus_rule_group_duration_seconds", "The duration of rule group evaluations.", registry=registry
        )
        if registry is not None:
            registry.register(self)

    def watch(self, groups: "Mapping[str, Group]") -> None:
        """Which groups to tell about."""
        self._groups = groups

    def observe(self, group: "Group") -> None:
        """A round has ended."""
        self._group_time.observe(group.last_duration_s)
        for rule in group.rules:
            self._rule_time.observe(rule.state.last_duration_s)

    def collect(self) -> Iterable[Metric]:
        """The families by group."""
        for name, text, value in _COUNTERS:
            yield self._family(CounterMetricFamily(name, text, labels=["rule_group"]), value)
        for name, text, value in _GAUGES:
            yield self._family(GaugeMetricFamily(name, text, labels=["rule_group"]), value)

    def _family(self, family: "CounterMetricFamily | GaugeMetricFamily", attribute: str) -> Metric:
        for key, group in self._groups.items():
            found = len(group.rules) if attribute == "rules" else getattr(group, attribute)
            family.add_metric([key], found / 1000 if attribute.endswith("_ms") else float(found))
        return family


_COUNTERS = (
    ("prometheus_rule_evaluations", "The total number of rule evaluations.", "evaluations"),
    ("prometheus_rule_evaluation_failures", "The total number of rule evaluation failures.", "failures"),
    (
        "prometheus_rule_group_iterations",
        "The total number of scheduled rule group evaluations, whether executed or missed.",
        "iterations",
    ),
    (
        "prometheus_rule_group_iterations_missed",
        "The total number of rule group evaluations missed due to slow rule group evaluation.",
        "missed",
    ),
)
_GAUGES = (
    ("prometheus_rule_group_interval_seconds", "The interval of a rule group.", "interval_ms"),
    ("prometheus_rule_group_rules", "The number of rules.", "rules"),
    (
        "prometheus_rule_group_last_evaluation_timestamp_seconds",
        "The timestamp of the last rule group evaluation in seconds.",
        "last_at_s",
    ),
    (
        "prometheus_rule_group_last_duration_seconds",
        "The duration of the last rule group evaluation.",
        "last_duration_s",
    ),
    (
        "prometheus_rule_group_last_rule_duration_sum_seconds",
        "The sum of time in seconds it took to evaluate each rule in the group.",
        "last_rules_duration_s",
    ),
    (
        "prometheus_rule_group_last_evaluation_samples",
        "The number of samples returned during the last rule group evaluation.",
        "last_samples",
    ),
)


class SenderMetrics:
    """Counts of the notifier."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        by_url = ["alertmanager"]
        self.sent = Counter("prometheus_notifications_sent", "Total number of alerts sent.", by_url, registry=registry)
        self.errors = Counter(
            "prometheus_notifications_errors",
            "Total number of sent alerts affected by errors.",
            by_url,
            registry=registry,
        )
        self.dropped = Counter(
            "prometheus_notifications_dropped", "Total number of alerts dropped.", by_url, registry=registry
        )
        self.latency = Summary(
            "prometheus_notifications_latency_seconds",
            "Latency for sending alert notifications.",
            by_url,
            registry=registry,
        )
        self.length = Gauge(
            "prometheus_notifications_queue_length",
            "The number of alert notifications in the queue.",
            by_url,
            registry=registry,
        )
        self.capacity = Gauge(
            "prometheus_notifications_queue_capacity",
            "The capacity of the alert notifications queue.",
            registry=registry,
        )
        self.discovered = Gauge(
            "prometheus_notifications_alertmanagers_discovered",
            "The number of alertmanagers discovered and active.",
            registry=registry,
        )
