"""The alerting service: silences, journal, engine and destinations, and the loop that sends what is due."""

import asyncio
import time
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from alerting.api import routes
from alerting.config import Config, load_config
from alerting.delivery.budget import Budget
from alerting.delivery.destination import Attempt, Destination, Job
from alerting.engine import Engine, Send
from alerting.journal import Journal
from alerting.notifiers.context import Context
from alerting.own_metrics import OwnMetrics
from alerting.receivers import Blueprint, plan
from alerting.silences.book import SilenceBook
from alerting.silences.journal import SilenceJournal
from alerting.templates.data import Notification, notification
from pharos.clock import Clock, SystemClock
from pharos.config import ConfigError
from pharos.http.options import WebOptions
from pharos.http.own_metrics import render_registry
from pharos.http.server import WebServer
from pharos.service import Service

_SILENCE_MAINTENANCE_S = 15 * 60.0


class AlertingService(Service):
    """Takes alerts, keeps silences, sends notifications."""

    name = "alerting"

    def __init__(
        self,
        config: Config,
        config_file: Path,
        storage: Path,
        web: WebOptions,
        *,
        external_url: str = "",
        ui_url: str = "",
        retention_s: float = 120 * 3600.0,
        history_retention_s: float = 30 * 86400.0,
        gc_interval_s: float = 1800.0,
        clock: Clock | None = None,
    ) -> None:
        super().__init__()
        self.config, self._file = config, config_file
        self.clock = clock or SystemClock()
        self.started_at = self.clock.now()
        self.ui_url, self._given_url = ui_url, external_url
        self._retention_s, self._history_retention_s = retention_s, history_retention_s
        self._gc_interval_s = gc_interval_s
        self._wake = asyncio.Event()
        self.metrics = OwnMetrics()
        self.silences = SilenceBook(retention_s)
        self.silence_journal = SilenceJournal(storage / "silences.log")
        self.acknowledgements = SilenceBook(retention_s, "acknowledgements")
        self.acknowledgement_journal = SilenceJournal(storage / "acknowledgements.log")
        self.journal = Journal(storage / "notifications.db")
        self._budgets: dict[str, Budget] = {}
        self.web = WebServer(
            web, routes(self), registry=self.metrics.registry, metrics=self._on_metrics, reload=self.reload
        )

    @property
    def external_url(self) -> str:
        return self._given_url or self.web.url

    async def open(self) -> None:
        for silence in self.silence_journal.restored():
            self.silences.restore(silence)
        for acknowledgement in self.acknowledgement_journal.restored():
            self.acknowledgements.restore(acknowledgement)
        blueprint = plan(self.config, self.clock)
        self._apply(blueprint)
        rules = blueprint.rules(self.destinations)
        self.engine = Engine(
            rules, self.silences, self.journal.load_told(), self.journal.note_told, self.acknowledgements
        )
        self._note_reload(True)
        await self.web.start()
        self.spawn(self._dispatch(), "dispatch")
        self.spawn(self._maintain(), "maintain")

    async def close(self) -> None:
        await self.web.stop()
        await self.journal.close()
        self.silence_journal.close()
        self.acknowledgement_journal.close()
        if hasattr(self, "blueprint"):
            await self.blueprint.context.close()

    async def reload(self) -> None:
        try:
            config = load_config(self._file)
            blueprint = plan(config, self.clock)
        except ConfigError:
            self._note_reload(False)
            raise
        old, old_destinations = self.blueprint.context, list(self.destinations.values())
        self.config = config
        self._apply(blueprint)
        self.engine.reconfigure(blueprint.rules(self.destinations), self.clock.now())
        self._wake.set()
        self._note_reload(True)
        for destination in old_destinations:
            destination.drop_waiting()
        self.spawn(self._retire(old_destinations, old), "retire")

    async def _retire(self, destinations: list[Destination], context: Context) -> None:
        """Messages that are on their way may arrive; then the old connections are let go."""
        while any(destination.busy for destination in destinations):
            await self.clock.sleep(1.0)
        await context.close()

    def wake(self) -> None:
        """Something came in that may be due."""
        self._wake.set()

    def notification(self, send: Send) -> Notification:
        """What is to be told, as templates see it."""
        group = send.flush.group
        route = group.route
        destination: Destination = send.integration.handle
        plain = notification(
            destination.receiver,
            group.key,
            dict(group.labels),
            route.labels,
            send.reason,
            send.views,
            self.external_url,
            self.ui_url,
        )
        if not any("{{" in value for value in route.labels.values()):
            return plain
        for name, value in route.labels.items():
            plain.RouteLabels[name] = self.blueprint.context.render(value, plain)
        return plain

    def _apply(self, blueprint: Blueprint) -> None:
        self.blueprint = blueprint
        self.destinations: dict[str, Destination] = blueprint.destinations(
            self.clock, self.spawn, self._record, self._budgets
        )

    def _record(self, attempt: Attempt) -> None:
        self.metrics.note_attempt(attempt)
        self.journal.note_attempt(attempt)

    def _note_reload(self, good: bool) -> None:
        self.metrics.reload_good.set(1 if good else 0)
        if good:
            self.metrics.reload_time.set(time.time())

    async def _dispatch(self) -> None:
        """Sleep until a group is due or something came in."""
        while True:
            self._wake.clear()
            for send in self.engine.due(self.clock.now()):
                self._submit(send)
            due_at = self.engine.next_due()
            try:
                async with asyncio.timeout(None if due_at is None else max(0.0, due_at - self.clock.now())):
                    await self._wake.wait()
            except TimeoutError:
                continue

    def _submit(self, send: Send) -> None:
        engine = self.engine

        def done(success: bool) -> None:
            engine.done(send, success, self.clock.now())
            self._wake.set()

        destination: Destination = send.integration.handle
        patience_s = send.flush.group.route.group_interval_s
        destination.submit(Job(self.notification(send), patience_s, done, self.clock.monotonic()))

    async def _maintain(self) -> None:
        """Forget what is old, in small steps."""
        next_gc = self.clock.monotonic() + self._gc_interval_s
        while True:
            await self.clock.sleep(min(self._gc_interval_s, _SILENCE_MAINTENANCE_S))
            now = self.clock.now()
            if self.clock.monotonic() >= next_gc:
                next_gc = self.clock.monotonic() + self._gc_interval_s
                self.engine.collect_garbage(now)
                await self._forget_told(now)
            self.silence_journal.rewrite(self.silences)
            self.acknowledgement_journal.rewrite(self.acknowledgements)

    async def _forget_told(self, now: float) -> None:
        longest = max((route.repeat_interval_s for route in self.engine.rules.root.walk()), default=0.0)
        told_before = now - max(self._retention_s, 2 * longest)
        for key in [key for key, told in self.engine.told.items() if told.at < told_before]:
            del self.engine.told[key]
        await self.journal.collect_garbage(told_before, now - self._history_retention_s)

    async def _on_metrics(self, request: Request) -> Response:
        metrics, now = self.metrics, self.clock.now()
        states = {"active": 0, "suppressed": 0}
        for series in self.engine.store:
            if not series.alert.resolved(now):
                mutes = self.engine.mutes(series, None, now)
                states["suppressed" if mutes.silenced_by or mutes.inhibited_by else "active"] += 1
        for state, count in states.items():
            metrics.alerts.labels(state).set(count)
        for wanted in ("active", "pending", "expired"):
            metrics.silences.labels(wanted).set(sum(one.state(now) == wanted for one in self.silences))
        metrics.groups.set(len(self.engine.dispatcher))
        for destination in self.destinations.values():
            metrics.waiting.labels(destination.kind, destination.receiver).set(len(destination.waiting))
        return render_registry(metrics.registry, request)
