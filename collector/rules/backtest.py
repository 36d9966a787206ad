"""When would rules have fired over stored history? Every rule is one range query; the alert's life is then worked out on columns.

Recording rules of the file are computed first and seen by the rules after them, so a file can be tried before it is used.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from collector.promql.errors import ExecutionError
from collector.promql.result import QueryResult
from collector.rules.alerting import ALERT_NAME, AlertingRule
from collector.rules.group import Group
from collector.rules.recording import RecordingRule
from collector.rules.samples import QueryFunction
from collector.storage.interface import Queryable, Selection
from collector.storage.memory import MemoryStorage
from pharos.labels import METRIC_NAME, Labels
from pharos.matchers import Matcher, MatchOp

MAX_STEPS: Final = 50_000
State = Literal["pending", "firing"]
# (expression, start, end, step in ms, storage) -> answer
RangeQuery = Callable[[str, int, int, int, Queryable], QueryResult]


@dataclass(frozen=True, slots=True)
class Period:
    """A time in one state; the end is exclusive. `open` when it lasted at the end of the history."""

    state: State
    start_ms: int
    end_ms: int
    open: bool = False


@dataclass(frozen=True, slots=True)
class AlertHistory:
    """One alert's periods, in order; labels and annotations as they were when it first fired, or became pending."""

    labels: Labels
    annotations: Labels
    value: float
    periods: tuple[Period, ...]

    def seconds(self, state: State) -> float:
        return sum(p.end_ms - p.start_ms for p in self.periods if p.state == state) / 1000


@dataclass(slots=True)
class RuleHistory:
    """What became of one rule. Recording rules only tell how many series and samples they would have written."""

    group: str
    name: str
    kind: Literal["alerting", "recording"]
    query: str
    alerts: list[AlertHistory] = field(default_factory=list)
    series: int = 0
    samples: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """The history to look at: evaluations at start, start + step, ... up to end."""

    start_ms: int
    end_ms: int
    step_ms: int

    def __post_init__(self) -> None:
        if self.step_ms <= 0 or self.end_ms < self.start_ms:
            raise ValueError("expected a start before the end and a positive step")
        if (self.end_ms - self.start_ms) // self.step_ms >= MAX_STEPS:
            raise ValueError(f"more than {MAX_STEPS} evaluations: take a shorter time or a larger step")


class Overlay:
    """A storage with computed series before it: a name that was computed is never looked for in the storage."""

    def __init__(self, storage: Queryable) -> None:
        self._storage = storage
        self.computed = MemoryStorage()
        self.names: set[str] = set()

    def _for(self, matchers: Sequence[Matcher]) -> Queryable:
        named = any(m.name == METRIC_NAME and m.op is MatchOp.EQUAL and m.value in self.names for m in matchers)
        return self.computed if named else self._storage

    def select(
        self, matchers: Sequence[Matcher], min_ms: int, max_ms: int, *, sample_limit: int = 0, hint: Any = None
    ) -> Selection:
        return self._for(matchers).select(matchers, min_ms, max_ms, sample_limit=sample_limit, hint=hint)

    def at_hand(self, matchers: Sequence[Matcher], min_ms: int, max_ms: int) -> int | None:
        return self._for(matchers).at_hand(matchers, min_ms, max_ms)

    def series(self, matchers: Sequence[Matcher], min_ms: int, max_ms: int, *, limit: int = 0) -> list[Labels]:
        return self._for(matchers).series(matchers, min_ms, max_ms, limit=limit)

    def label_names(self, matchers: Sequence[Matcher], min_ms: int, max_ms: int, *, limit: int = 0) -> list[str]:
        return self._for(matchers).label_names(matchers, min_ms, max_ms, limit=limit)

    def label_values(
        self, name: str, matchers: Sequence[Matcher], min_ms: int, max_ms: int, *, limit: int = 0
    ) -> list[str]:
        return self._for(matchers).label_values(name, matchers, min_ms, max_ms, limit=limit)


def backtest(
    groups: Sequence[Group], span: Span, storage: Queryable, query: RangeQuery, instant: QueryFunction
) -> list[RuleHistory]:
    """The history of every rule; one that cannot be evaluated says why. `instant` serves queries inside templates.

    Raises `QueryError` for limits and cancellation.
    """
    overlay = Overlay(storage)
    out = []
    for group in groups:
        for rule in group.rules:
            try:
                result = query(rule.query, span.start_ms, span.end_ms, span.step_ms, overlay)
            except ExecutionError as error:
                kind: Literal["alerting", "recording"] = "recording" if isinstance(rule, RecordingRule) else "alerting"
                out.append(RuleHistory(group.name, rule.name, kind, rule.query, error=str(error)))
                continue
            if isinstance(rule, RecordingRule):
                out.append(_recorded(group, rule, result, overlay))
            else:
                alerts = _alerts(rule, result, span.step_ms, instant)
                out.append(RuleHistory(group.name, rule.name, "alerting", rule.query, alerts))
    return out


def _recorded(group: Group, rule: RecordingRule, result: QueryResult, overlay: Overlay) -> RuleHistory:
    times = result.times_ms.tolist()
    for row in range(len(result)):
        labels = {**result.labels.labels(row), **rule.labels, METRIC_NAME: rule.name}
        columns = np.flatnonzero(result.present[row]).tolist()
        values = result.values[row].tolist()
        overlay.computed.put(labels, [(times[column], values[column]) for column in columns])
    overlay.names.add(rule.name)
    history = RuleHistory(group.name, rule.name, "recording", rule.query)
    history.series, history.samples = len(result), int(result.present.sum())
    return history


def _alerts(rule: AlertingRule, result: QueryResult, step_ms: int, instant: QueryFunction) -> list[AlertHistory]:
    out = []
    for row in range(len(result)):
        found = periods(result.present[row], result.times_ms, step_ms, rule.hold_ms, rule.keep_firing_ms)
        if not found:
            continue
        first = next((period for period in found if period.state == "firing"), found[0])
        column = int(np.searchsorted(result.times_ms, first.start_ms))
        labels = result.labels.labels(row)
        value = float(result.values[row, column])
        own, annotations = rule.templates.expand(labels, value, instant, first.start_ms, rule.surroundings)
        final = {**labels, **own, ALERT_NAME: rule.name}
        final.pop(METRIC_NAME, None)
        out.append(AlertHistory({k: v for k, v in final.items() if v}, annotations, value, tuple(found)))
    return out


def periods(
    present: NDArray[np.bool_], times_ms: NDArray[np.int64], step_ms: int, hold_ms: int, keep_ms: int
) -> list[Period]:
    """The states of one alert whose condition held at the times marked `present`."""
    out: list[Period] = []
    edges = np.diff(np.concatenate(([0], present.astype(np.int8), [0])))
    for begin, end in zip(np.flatnonzero(edges == 1).tolist(), np.flatnonzero(edges == -1).tolist(), strict=True):
        run = times_ms[begin:end]
        start_ms, at_end = int(run[0]), end == len(present)
        gone_ms = int(run[-1]) + step_ms
        until_ms = gone_ms if at_end else gone_ms + keep_ms
        if keep_ms and out and out[-1].state == "firing" and start_ms < out[-1].end_ms:
            out[-1] = replace(out[-1], end_ms=until_ms, open=at_end)  # it came back while it was kept firing
            continue
        fires = int(np.searchsorted(run, start_ms + hold_ms))
        if fires == len(run):
            out.append(Period("pending", start_ms, gone_ms, at_end))
            continue
        if fires:
            out.append(Period("pending", start_ms, int(run[fires])))
        out.append(Period("firing", int(run[fires]), until_ms, at_end))
    return out
