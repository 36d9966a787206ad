"""Everything between an alert that comes in and a notification that shall go out, without any input or output.

The caller feeds alerts (`put`), asks what is to be sent (`due`), and reports how it went (`done`). The time comes in with every call, so
a schedule of a whole day can be played in a test within a millisecond.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from alerting.alert import Alert, Mutes, Series, View
from alerting.decide import Reason, Told, decide
from alerting.dispatch.dispatcher import Dispatcher
from alerting.dispatch.group import Flush, Group
from alerting.inhibit import Inhibitor
from alerting.intervals import NamedInterval
from alerting.route import Route
from alerting.silences.book import SilenceBook
from alerting.store import AlertStore
from pharos.labels import LabelSet


@dataclass(frozen=True, slots=True)
class Integration:
    """One destination of a receiver, as the engine needs to know it. `key` is unique and stable over restarts."""

    key: str
    send_resolved: bool = True
    handle: Any = None


@dataclass(eq=False, slots=True)
class Send:
    """A notification to be delivered. Report it with `Engine.done`."""

    flush: Flush
    integration: Integration
    reason: Reason
    views: tuple[View, ...]
    told: Told
    finished: bool = False


@dataclass(eq=False, slots=True)
class _Running:
    open: int
    success: bool = True


@dataclass(slots=True)
class Rules:
    """What a configuration says, compiled."""

    root: Route
    receivers: Mapping[str, Sequence[Integration]]
    inhibitor: Inhibitor
    intervals: Mapping[str, NamedInterval] = field(default_factory=dict)


class Engine:
    """Holds alerts, groups and the log of what was told. `on_told` hears of every change of that log."""

    def __init__(
        self,
        rules: Rules,
        silences: SilenceBook,
        told: dict[tuple[str, str], Told] | None = None,
        on_told: Callable[[str, str, Told], None] = lambda group, integration, told: None,
        acknowledgements: SilenceBook | None = None,
    ) -> None:
        self.store = AlertStore()
        self.silences = silences
        # An empty book counts as false, so it must not be asked with `or`.
        self.acknowledgements = SilenceBook(0, "acknowledgements") if acknowledgements is None else acknowledgements
        self.told = told if told is not None else {}
        self.rules = rules
        self.dispatcher = Dispatcher(rules.root)
        self._on_told = on_told
        self._running: dict[Flush, _Running] = {}

    def reconfigure(self, rules: Rules, now: float) -> None:
        """Take new rules: all alerts are routed anew; what was told stays known."""
        self.rules = rules
        self.dispatcher = Dispatcher(rules.root)
        self._running.clear()
        for series in self.store:
            series.groups = series.routes = series.inhibition = None
            rules.inhibitor.observe(series)
        for series in self.store:
            self.dispatcher.insert(series, now)

    def put(self, alerts: Iterable[tuple[LabelSet, Alert]], now: float) -> None:
        """Take alerts in."""
        inhibitor, dispatcher = self.rules.inhibitor, self.dispatcher
        for series in self.store.put(alerts):
            if series.groups is None and inhibitor.rules:
                inhibitor.observe(series)
            dispatcher.insert(series, now)

    def next_due(self) -> float | None:
        """When `due` has something to say; None when never."""
        return self.dispatcher.next_due()

    def due(self, now: float) -> list[Send]:
        """What is to be sent now."""
        out: list[Send] = []
        for flush in self.dispatcher.due(now):
            sends = self._sends(flush)
            if sends:
                self._running[flush] = _Running(len(sends))
                out += sends
            else:
                self.dispatcher.finish(flush, True)
        return out

    def done(self, send: Send, success: bool, now: float) -> None:
        """A notification was delivered, or given up."""
        if send.finished:
            return
        send.finished = True
        if success:
            self._remember(send.flush.group, send.integration, Told(now, send.told.firing, send.told.resolved))
        running = self._running.get(send.flush)
        if running is None:  # the configuration changed meanwhile
            return
        running.open -= 1
        running.success &= success
        if not running.open:
            del self._running[send.flush]
            self.dispatcher.finish(send.flush, running.success)

    def mutes(self, series: Series, route: Route | None, now: float) -> Mutes:
        """Why an alert would not be told now; with a route also because of the time."""
        return Mutes(
            self.silences.silenced_by(series, now),
            self.rules.inhibitor.inhibited_by(series, now),
            self.muted_by(route, now) if route is not None else (),
            self.acknowledgements.silenced_by(series, now),
        )

    def muted_by(self, route: Route, now: float) -> tuple[str, ...]:
        """Names of the time intervals that mute a route now."""
        intervals = self.rules.intervals
        muting = tuple(name for name in route.mute_time_intervals if intervals[name].contains(now))
        active = route.active_time_intervals
        if active and not any(intervals[name].contains(now) for name in active):
            return (*muting, *active)
        return muting

    def collect_garbage(self, now: float) -> None:
        """Forget alerts that are over, silences past their retention, and what was told about groups long gone."""
        for series in self.store.collect_garbage(now):
            self.rules.inhibitor.forget(series)
        self.silences.collect_garbage(now)
        self.acknowledgements.collect_garbage(now)

    def _sends(self, flush: Flush) -> list[Send]:
        route = flush.group.route
        if self.muted_by(route, flush.now):
            return []
        views = tuple(view for view in flush.views if not self._hidden(view.series, flush.now))
        if not views:
            return []
        out = [
            send
            for integration in self.rules.receivers[route.receiver]
            if (send := self._send(flush, integration, views)) is not None
        ]
        return out + self._escalations(flush, views)

    def _send(self, flush: Flush, integration: Integration, views: tuple[View, ...]) -> Send | None:
        """What a destination is to be told about these alerts; None when that is nothing."""
        route, told = flush.group.route, self._told_now(flush, views)
        reason = decide(
            self.told.get((flush.group.key, integration.key)),
            told.firing,
            told.resolved,
            send_resolved=integration.send_resolved,
            repeat_s=route.repeat_interval_s,
            now=flush.now,
        )
        if reason is Reason.NOTHING or (reason is Reason.REPEAT and not self._open(views, flush.now)):
            return None
        wanted = views if integration.send_resolved else tuple(view for view in views if not view.resolved)
        if not wanted:
            self._remember(flush.group, integration, told)
            return None
        return Send(flush, integration, reason, wanted, told)

    def _escalations(self, flush: Flush, views: tuple[View, ...]) -> list[Send]:
        """What further receivers are to be told about alerts that nobody has acknowledged in time, and of their end."""
        out = []
        for after_s, receiver in flush.group.route.escalate:
            late = self._open([view for view in views if view.alert.starts_at + after_s <= flush.now], flush.now)
            for integration in self.rules.receivers[receiver]:
                step = replace(integration, key=f"{integration.key} after {after_s:g} s")
                before = self.told.get((flush.group.key, step.key))
                over = [view for view in views if view.resolved and before and view.series.fingerprint in before.firing]
                send = self._send(flush, step, (*late, *over)) if late or over else None
                if send is not None:
                    send.reason = Reason.ESCALATION if late and send.reason is not Reason.REPEAT else send.reason
                    out.append(send)
        return out

    def _open(self, views: Iterable[View], now: float) -> list[View]:
        """The alerts that fire and that nobody has acknowledged."""
        return [view for view in views if not view.resolved and not self.acknowledgements.silenced_by(view.series, now)]

    def _told_now(self, flush: Flush, views: tuple[View, ...]) -> Told:
        firing = frozenset(view.series.fingerprint for view in views if not view.resolved)
        resolved = frozenset(view.series.fingerprint for view in views if view.resolved)
        return Told(flush.now, firing, resolved)

    def _hidden(self, series: Series, now: float) -> bool:
        return bool(self.rules.inhibitor.inhibited_by(series, now) or self.silences.silenced_by(series, now))

    def _remember(self, group: Group, integration: Integration, told: Told) -> None:
        self.told[group.key, integration.key] = told
        self._on_told(group.key, integration.key, told)
