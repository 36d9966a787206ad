"""Delivering batches in order until the output said yes to every item.

Per item: arrived (201, or 409: it was there already), later (429, 5xx: only those are sent again), never (other 4xx: dead letter). Whole requests that fail are repeated with
full jitter; one that is too large goes in halves. Then, and only then, the batch is checked off.
"""

import logging
import queue
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from logship.deadletter import DeadLetters
from logship.metrics import ShipMetrics
from logship.outputs.base import Outlet, RetryLaterError, TooLargeError
from logship.record import Batch

logger = logging.getLogger(__name__)

LOG_EVERY_ATTEMPTS: Final = 30


@dataclass(slots=True)
class Backoff:
    """Full jitter: a random wait below a bound that doubles."""

    least_s: float
    most_s: float
    attempts: int = 0
    random: Callable[[], float] = field(default=random.random)

    def next_s(self, asked_s: float | None = None) -> float:
        """How long to wait now; never shorter than the output asked for."""
        bound = min(self.most_s, self.least_s * 2.0 ** min(self.attempts, 30))
        self.attempts += 1
        wait = bound * self.random()
        return wait if asked_s is None else max(asked_s, wait)


class Sender:
    """The sender thread's work. `stop` ends it at the next wait; what is not delivered stays undelivered, and will be read again."""

    def __init__(
        self,
        outlet: Outlet,
        dead: DeadLetters,
        metrics: ShipMetrics,
        backoff: Callable[[], Backoff],
        now: Callable[[], str],
        in_flight: int,
    ) -> None:
        self._outlet, self._dead, self._metrics, self._backoff, self._now = outlet, dead, metrics, backoff, now
        self.queue: queue.Queue[Batch | None] = queue.Queue(in_flight)
        self.stopping = threading.Event()

    def run(self) -> None:
        """Deliver until None comes."""
        while (batch := self.queue.get()) is not None:
            if not self.deliver(batch):
                break

    def deliver(self, batch: Batch) -> bool:
        """True when everything arrived; False when told to stop before."""
        if batch.items and not self._deliver(batch.items):
            return False
        self._metrics.sent_documents.inc(len(batch.items))
        self._metrics.sent_bytes.inc(batch.size)
        batch.check_off()
        return True

    def _deliver(self, items: list[bytes]) -> bool:
        backoff = self._backoff()
        while True:
            try:
                delivery = self._outlet.send(items)
            except TooLargeError as error:
                return self._halves(items, str(error))
            except RetryLaterError as error:
                if error.reason == "http_400":
                    return self._halves(items, str(error))
                self._note_failure(error, backoff.attempts)
                if self.stopping.wait(backoff.next_s(error.retry_after_s)):
                    return False
                continue
            if backoff.attempts >= LOG_EVERY_ATTEMPTS:
                logger.info("The output takes documents again")
            self._metrics.blocked.set(0)
            self._metrics.known.inc(delivery.known)
            if delivery.refused and not self._bury([(items[at], reason) for at, reason in delivery.refused]):
                return False
            if not delivery.later:
                return True
            self._metrics.retries.labels("items").inc()
            if len(delivery.later) < len(items):
                backoff.attempts = 0  # it takes some: no reason to stay away long
            items = [items[at] for at in delivery.later]
            if self.stopping.wait(backoff.next_s()):
                return False

    def _halves(self, items: list[bytes], reason: str) -> bool:
        if len(items) == 1:
            return self._bury([(items[0], reason)])
        middle = len(items) // 2
        return self._deliver(items[:middle]) and self._deliver(items[middle:])

    def _bury(self, refused: list[tuple[bytes, str]]) -> bool:
        """Keep what was refused; False when told to stop before that was possible."""
        backoff = self._backoff()
        while True:
            try:
                self._dead.add(refused, self._now())
                break
            except OSError as error:
                self._note_failure(RetryLaterError("dead_letters", f"{self._dead.path}: {error}"), backoff.attempts)
                if self.stopping.wait(backoff.next_s()):
                    return False
        self._metrics.dead.inc(len(refused))
        logger.error(
            "Documents refused, kept as dead letters",
            extra={"count": len(refused), "file": str(self._dead.path), "reason": refused[0][1][:300]},
        )
        return True

    def _note_failure(self, error: RetryLaterError, attempts: int) -> None:
        self._metrics.blocked.set(1)
        self._metrics.retries.labels(error.reason).inc()
        if attempts % LOG_EVERY_ATTEMPTS == 0:
            logger.warning("The output takes nothing, trying again", extra={"reason": str(error)[:300]})
