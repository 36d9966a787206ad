"""A group of rules and one round of it: evaluate, store, tell. The same code runs in the server, in unit tests of rules and in backtests."""

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from collector.promql.errors import QueryError
from collector.rules.alerting import AlertingRule
from collector.rules.recording import RecordingRule
from collector.rules.samples import QueryFunction, RuleError, Sample
from collector.storage.interface import STALE_NAN
from pharos.clock import Clock
from pharos.labels import LabelSet, label_set

logger = logging.getLogger(__name__)

AnyRule: TypeAlias = AlertingRule | RecordingRule
# Stores samples at one time (ms); raises `RuleError` when they cannot be stored.
Append: TypeAlias = Callable[[Sequence[LabelSet], Sequence[Sample], int], None]


@dataclass(slots=True)
class Group:
    """Rules evaluated one after the other, and how long the last round took. `folder_file` is the file as configured."""

    file: str
    name: str
    interval_ms: int
    limit: int
    query_offset_ms: int
    rules: list[AnyRule]
    last_at_s: float = 0.0
    last_duration_s: float = 0.0
    last_rules_duration_s: float = 0.0
    last_samples: int = 0
    iterations: int = 0
    missed: int = 0
    evaluations: int = 0
    failures: int = 0
    left_over: set[LabelSet] = field(default_factory=set)  # series of rules that a reload took away

    @property
    def key(self) -> str:
        """`file;name`, how metrics and tokens name the group."""
        return f"{self.file};{self.name}"

    @property
    def alerting(self) -> list[AlertingRule]:
        return [rule for rule in self.rules if isinstance(rule, AlertingRule)]

    def slot_ms(self, now_ms: int) -> int:
        """The time of the latest round at or before now: each group has its own place within the interval."""
        digest = hashlib.blake2b(self.key.encode(), digest_size=8).digest()
        offset = int.from_bytes(digest, "big") % self.interval_ms
        return (now_ms - offset) // self.interval_ms * self.interval_ms + offset

    def adopt(self, old: "Group") -> None:
        """Take over what the same group knew before a reload: alerts, produced series and figures, rule by rule."""
        known: dict[object, list[AnyRule]] = {}
        for rule in old.rules:
            known.setdefault(rule.identity, []).append(rule)
        for rule in self.rules:
            same = known.get(rule.identity)
            if not same:
                continue
            before = same.pop(0)
            rule.state = before.state
            if isinstance(rule, AlertingRule) and isinstance(before, AlertingRule):
                rule.alerts, rule.restored = before.alerts, before.restored
        gone = [rule for rules in known.values() for rule in rules]
        self.left_over = old.left_over | {series for rule in gone for series in rule.state.produced}
        self.last_at_s, self.last_duration_s, self.last_samples = old.last_at_s, old.last_duration_s, old.last_samples
        self.iterations, self.missed = old.iterations, old.missed
        self.evaluations, self.failures = old.evaluations, old.failures


def evaluate_group(
    group: Group,
    at_ms: int,
    query: QueryFunction,
    append: Append,
    clock: Clock,
    notify: Callable[[AlertingRule, int], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> None:
    """One round of a group at a time. Rules that fail are marked; the others go on."""
    started = clock.monotonic()
    stored_at = at_ms - group.query_offset_ms
    group.last_samples, group.last_rules_duration_s = 0, 0.0

    def shifted(text: str, when_ms: int) -> list[Sample]:
        return query(text, when_ms - group.query_offset_ms)

    for rule in group.rules:
        if stop():
            return
        rule_started = clock.monotonic()
        rule.state.last_at_s = clock.now()
        group.evaluations += 1
        try:
            samples = rule.evaluate(shifted, at_ms, group.limit)
            if notify is not None and isinstance(rule, AlertingRule):
                notify(rule, at_ms)
            _store(rule, samples, stored_at, append)
            rule.state.health, rule.state.last_error = "ok", ""
            group.last_samples += len(samples)
        except (QueryError, RuleError) as error:
            _failed(group, rule, str(error))
        except Exception as error:  # one rule that trips over a mistake of ours must not end the others
            logger.exception("Evaluating rule failed", extra={"group": group.name, "rule": rule.name})
            _failed(group, rule, f"{type(error).__name__}: {error}")
        rule.state.last_duration_s = clock.monotonic() - rule_started
        group.last_rules_duration_s += rule.state.last_duration_s
    _bury(group.left_over, stored_at, append)
    group.left_over = set()
    group.last_at_s = clock.now()
    group.last_duration_s = clock.monotonic() - started
    group.iterations += 1


def _failed(group: Group, rule: AnyRule, reason: str) -> None:
    group.failures += 1
    rule.state.health, rule.state.last_error = "err", reason
    logger.warning("Evaluating rule failed", extra={"group": group.name, "rule": rule.name, "reason": reason})


def _store(rule: AnyRule, samples: list[Sample], at_ms: int, append: Append) -> None:
    """The samples, and staleness markers for the series that are gone."""
    series = [label_set(sample.labels) for sample in samples]
    if series:
        append(series, samples, at_ms)
    produced = set(series)
    _bury(rule.state.produced - produced, at_ms, append)
    rule.state.produced = produced


def _bury(series: set[LabelSet], at_ms: int, append: Append) -> None:
    if series:
        gone = sorted(series)
        append(gone, [Sample({}, float(STALE_NAN))] * len(gone), at_ms)
