"""One destination's queue: sends what is waiting as fast as its budget allows, as a digest when that is not fast enough."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Protocol

from alerting.delivery.budget import Budget
from alerting.notifiers.errors import DeliveryError
from alerting.notifiers.registry import Message, Notifier
from alerting.templates.data import Notification
from pharos.clock import Clock

logger = logging.getLogger(__name__)

_CONCURRENT = 64
_DIGEST_MAX = 1000
_ALERTS_INLINE = 20
_FIRST_RETRY_S, _LAST_RETRY_S = 0.5, 60.0
_LEAST_PATIENCE_S = 10.0  # what Alertmanager gives a notification even when group_interval is shorter


@dataclass(eq=False, slots=True)
class Job:
    """A notification waiting. `patience_s`: how long attempts go on after the first; `done(success)` is called once."""

    notification: Notification
    patience_s: float
    done: Callable[[bool], None]
    enqueued_at: float
    give_up_at: float = 0.0
    open_messages: int = 0
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to send one message, for the history."""

    at: float
    integration: str
    receiver: str
    kind: str
    notifications: tuple[Notification, ...]
    number: int
    seconds: float
    body: str
    answer: str = ""
    error: str = ""
    error_reason: str = ""
    retryable: bool = False


class Recorder(Protocol):
    """Where attempts go."""

    def __call__(self, attempt: Attempt) -> None: ...


Spawn = Callable[[Coroutine[Any, Any, Any], str], Any]


@dataclass(eq=False, slots=True)
class Destination:
    """`spawn` starts background work; there is none while nothing waits."""

    integration: str
    receiver: str
    kind: str
    notifier: Notifier
    budget: Budget
    clock: Clock
    spawn: Spawn
    record: Recorder
    waiting: deque[Job] = field(default_factory=deque)
    busy: int = 0
    _running: bool = False
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_CONCURRENT))

    def submit(self, job: Job) -> None:
        """Queue a notification."""
        if not self.budget.limit.messages:
            self.spawn(self._send_one(job), f"send:{self.integration}")
            return
        self.waiting.append(job)
        if not self._running:
            self._running = True
            self.spawn(self._work(), f"queue:{self.integration}")

    def drop_waiting(self) -> None:
        """Forget what no attempt was made for; whoever routes alerts anew asks for it again."""
        self.waiting.clear()

    async def _send_one(self, job: Job) -> None:
        async with self._slots:
            await self._send([job])

    async def _work(self) -> None:
        try:
            while self.waiting:
                await self._budget()
                if not self.waiting:
                    break
                # Enough budget for each its own message: then each gets one.
                alone = len(self.waiting) <= self.budget.free(self.clock.monotonic())
                count = 1 if alone else min(len(self.waiting), _DIGEST_MAX)
                await self._send([self.waiting.popleft() for _ in range(count)])
        finally:
            self._running = False

    async def _budget(self) -> None:
        while wait_s := self.budget.wait_s(self.clock.monotonic()):
            await self.clock.sleep(wait_s)

    async def _send(self, jobs: list[Job]) -> None:
        self.busy += 1
        try:
            await self._deliver(jobs)
        finally:
            self.busy -= 1

    async def _deliver(self, jobs: list[Job]) -> None:
        try:
            messages = await self._composed([job.notification for job in jobs])
        except (DeliveryError, ValueError) as error:
            self._refused(jobs, error)
            return
        for message in messages:
            for part in message.parts:
                jobs[part].open_messages += 1
        for message in messages:
            told = [jobs[part] for part in message.parts]
            success = await self._attempts(message, told)
            for job in told:
                _settle(job, success)

    async def _composed(self, notifications: list[Notification]) -> list[Message]:
        """Long texts are written in a thread, so that alerts still come in meanwhile."""
        if sum(len(one.Alerts) for one in notifications) <= _ALERTS_INLINE:
            return self.notifier.compose(notifications)
        return await asyncio.to_thread(self.notifier.compose, notifications)

    def _refused(self, jobs: list[Job], error: Exception) -> None:
        """The message cannot even be written, which is the configuration's fault."""
        logger.error("Cannot compose a notification", extra={"integration": self.integration, "reason": str(error)})
        notifications = tuple(job.notification for job in jobs)
        now = self.clock.now()
        reason = error.reason if isinstance(error, DeliveryError) else "other"
        self.record(
            Attempt(now, self.integration, self.receiver, self.kind, notifications, 1, 0.0, "", "", str(error), reason)
        )
        for job in jobs:
            job.done(False)

    async def _attempts(self, message: Message, jobs: list[Job]) -> bool:
        """Try until it works, cannot work, or patience ends."""
        number, delay = 0, _FIRST_RETRY_S
        while True:
            await self._budget()
            number += 1
            started = self.clock.monotonic()
            for job in jobs:
                job.give_up_at = job.give_up_at or started + max(job.patience_s, _LEAST_PATIENCE_S)
            error = await self._attempt(message, jobs, number)
            if error is None:
                return True
            now = self.clock.monotonic()
            if error.wait_s:
                self.budget.close(now + error.wait_s)
            # Being told to wait is not a failure of the destination: patience counts from when it takes messages again.
            give_up_at = max(job.give_up_at for job in jobs) + error.wait_s
            if not error.retryable or now + delay >= give_up_at:
                return False
            for job in jobs:
                job.give_up_at += error.wait_s
            await self.clock.sleep(max(delay, error.wait_s))
            delay = min(delay * 2, _LAST_RETRY_S)

    async def _attempt(self, message: Message, jobs: list[Job], number: int) -> DeliveryError | None:
        at, started = self.clock.now(), self.clock.monotonic()
        answer, problem = "", None
        self.budget.begin()
        try:
            answer = await self.notifier.send(message)
        except DeliveryError as error:
            problem = error
        except Exception as error:
            logger.exception("Notifier failed", extra={"integration": self.integration})
            problem = DeliveryError(f"{type(error).__name__}: {error}", retryable=False, reason="internal")
        finally:
            self.budget.end(self.clock.monotonic())
        self.record(
            Attempt(
                at,
                self.integration,
                self.receiver,
                self.kind,
                tuple(job.notification for job in jobs),
                number,
                self.clock.monotonic() - started,
                message.body,
                answer,
                str(problem) if problem else "",
                problem.reason if problem else "",
                problem.retryable if problem else False,
            )
        )
        if problem is not None:
            logger.warning(
                "Notification failed",
                extra={
                    "integration": self.integration,
                    "attempt": number,
                    "reason": str(problem),
                    "retry": problem.retryable,
                },
            )
        return problem


def _settle(job: Job, success: bool) -> None:
    """A message with a part of the job is through; after the last one the job is done."""
    job.open_messages -= 1
    job.failed |= not success
    if not job.open_messages:
        job.done(not job.failed)
