"""Why was I (not) told? What the service knows about one alert on its way to each destination, as a verdict and a sentence."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from alerting.alert import Mutes, Series
from alerting.decide import Told
from alerting.dispatch.group import Group
from alerting.engine import Engine, Integration
from alerting.moments import milliseconds

Verdict = Literal[
    "told",
    "silenced",
    "inhibited",
    "muted",
    "waiting_for_group",
    "sending",
    "waiting_for_next_flush",
    "resolved_untold",
    "failed",
]


@dataclass(frozen=True, slots=True)
class Explanation:
    """One alert and one destination. Times are seconds since 1970, 0 where there is none."""

    receiver: str
    integration: str
    group_key: str
    verdict: Verdict
    text: str
    mutes: Mutes
    told_at: float = 0.0
    next_flush_at: float = 0.0
    repeat_at: float = 0.0
    last_error: str = ""
    route: str = ""

    def payload(self) -> dict[str, Any]:
        """As it stands in JSON."""
        return {
            "receiver": self.receiver,
            "integration": self.integration,
            "groupKey": self.group_key,
            "route": self.route,
            "verdict": self.verdict,
            "text": self.text,
            "silencedBy": list(self.mutes.silenced_by),
            "inhibitedBy": list(self.mutes.inhibited_by),
            "mutedBy": list(self.mutes.muted_by),
            "toldAt": _moment(self.told_at),
            "nextFlushAt": _moment(self.next_flush_at),
            "repeatAt": _moment(self.repeat_at),
            "lastError": self.last_error,
        }


def _moment(seconds: float) -> str | None:
    return milliseconds(seconds) if seconds else None


@dataclass(slots=True)
class _Case:
    """What is known while looking for the verdict."""

    series: Series
    group: Group
    told: Told | None
    mutes: Mutes
    now: float
    error: str
    integration: Integration
    facts: dict[str, float] = field(default_factory=dict)


def explain(engine: Engine, series: Series, last_errors: Sequence[tuple[str, str]], now: float) -> list[Explanation]:
    """One explanation for each destination the alert is routed to. `last_errors`: newest failed attempt by integration."""
    errors = dict(last_errors)
    out = []
    for group in series.groups or []:
        mutes = engine.mutes(series, group.route, now)
        for integration in engine.rules.receivers[group.route.receiver]:
            told = engine.told.get((group.key, integration.key))
            case = _Case(series, group, told, mutes, now, errors.get(integration.key, ""), integration)
            out.append(_explained(case))
    return out


def _explained(case: _Case) -> Explanation:
    verdict, text = _verdict(case)
    group, told = case.group, case.told
    repeat_s = group.route.repeat_interval_s
    alive = not group.destroyed
    return Explanation(
        receiver=group.route.receiver,
        integration=case.integration.key,
        group_key=group.key,
        verdict=verdict,
        text=text,
        mutes=case.mutes,
        told_at=told.at if told else 0.0,
        next_flush_at=group.due_at if alive and not group.flushing else 0.0,
        repeat_at=told.at + repeat_s if told and alive and verdict == "told" else 0.0,
        last_error=case.error,
        route=group.route.key,
    )


def _verdict(case: _Case) -> tuple[Verdict, str]:
    series, told, group = case.series, case.told, case.group
    mutes = case.mutes
    over = series.alert.resolved(case.now)
    known = told is not None and series.fingerprint in (told.resolved if over else told.firing)
    if mutes.silenced_by:
        return "silenced", f"A silence matches: {', '.join(mutes.silenced_by)}."
    if mutes.inhibited_by:
        return "inhibited", f"Another alert that fires mutes it: {', '.join(mutes.inhibited_by)}."
    if mutes.muted_by:
        return "muted", f"The route does not notify at this time: {', '.join(mutes.muted_by)}."
    if known and told is not None:
        return "told", f"Told at {milliseconds(told.at)}."
    if group.flushing:
        why = f" The last attempt failed: {case.error}" if case.error else ""
        return "sending", f"On its way: waiting for the robot's budget, or being tried again.{why}"
    if case.error and not group.destroyed:
        return "failed", f"Could not be delivered, next try at {milliseconds(group.due_at)}: {case.error}"
    if over and (told is None or series.fingerprint not in told.firing):
        return (
            "resolved_untold",
            "It was over before its group was told for the first time, so there was nothing to tell.",
        )
    if not group.flushed_at:
        return "waiting_for_group", f"The new group collects alerts until {milliseconds(group.due_at)} (group_wait)."
    return "waiting_for_next_flush", f"The group is told again at {milliseconds(group.due_at)} (group_interval)."
