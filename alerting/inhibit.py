"""Inhibition: an alert that fires mutes others, by rules.

For each rule the firing sources are indexed by the values of its `equal` labels, so that asking about a target costs a look-up and not
a walk over all alerts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from alerting.alert import Series
from alerting.config.routing import InhibitRuleConfig
from pharos.labels import Labels, LabelSet
from pharos.matchers import Matcher


@dataclass(slots=True)
class Rule:
    """A rule and its sources."""

    name: str
    source: tuple[Matcher, ...]
    target: tuple[Matcher, ...]
    equal: tuple[str, ...]
    sources: dict[tuple[str, ...], dict[LabelSet, Series]] = field(default_factory=dict)

    def equal_values(self, labels: Labels) -> tuple[str, ...]:
        """A missing label equals an empty one."""
        return tuple(labels.get(name, "") for name in self.equal)

    def source_for(self, series: Series, now: float) -> Series | None:
        """A firing source that mutes the alert. One that is both source and target is not muted by its like."""
        both = _all(self.source, series.labels)
        for source in self.sources.get(self.equal_values(series.labels), {}).values():
            if not source.alert.resolved(now) and not (both and _all(self.target, source.labels)):
                return source
        return None


class Inhibitor:
    """All rules."""

    def __init__(self, rules: Sequence[InhibitRuleConfig]) -> None:
        self.rules = [Rule(rule.name, rule.source(), rule.target(), rule.equal) for rule in rules]

    def observe(self, series: Series) -> None:
        """Learn that an alert exists; once for each series is enough, its state is looked at when it matters."""
        for rule in self.rules:
            if _all(rule.source, series.labels):
                rule.sources.setdefault(rule.equal_values(series.labels), {})[series.key] = series

    def forget(self, series: Series) -> None:
        """An alert is gone from the store."""
        for rule in self.rules:
            values = rule.equal_values(series.labels)
            sources = rule.sources.get(values)
            if sources is not None and sources.get(series.key) is series:
                del sources[series.key]
                if not sources:
                    del rule.sources[values]

    def inhibited_by(self, series: Series, now: float) -> tuple[str, ...]:
        """Fingerprints of the sources that mute the alert: the first found by the first rule that applies."""
        if not self.rules:
            return ()
        if series.inhibition is None or series.inhibition[0] is not self:
            series.inhibition = (self, [rule for rule in self.rules if _all(rule.target, series.labels)])
        for rule in series.inhibition[1]:
            source = rule.source_for(series, now)
            if source is not None:
                return (source.fingerprint,)
        return ()


def _all(matchers: tuple[Matcher, ...], labels: Labels) -> bool:
    return all(matcher.matches(labels) for matcher in matchers)
