"""The test button: a made-up alert through a receiver's templates and, unless it is a dry run, out to the world."""

import asyncio
from dataclasses import dataclass
from typing import Any

from alerting.alert import Alert, Series, View
from alerting.decide import Reason
from alerting.delivery.destination import Attempt, Destination
from alerting.notifiers.errors import DeliveryError
from alerting.templates.data import Notification, notification
from pharos.labels import label_set


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one destination made of it."""

    integration: str
    kind: str
    success: bool
    body: str
    answer: str = ""
    error: str = ""

    def payload(self) -> dict[str, Any]:
        return {
            "integration": self.integration,
            "kind": self.kind,
            "success": self.success,
            "body": self.body,
            "answer": self.answer,
            "error": self.error,
        }


def sample(
    receiver: str, labels: dict[str, str], annotations: dict[str, str], now: float, url: str, ui: str
) -> Notification:
    """A notification about one alert that does not exist."""
    given = {"alertname": "TestAlert", "severity": "info", "instance": "pharos", **labels}
    texts = {"summary": f"Test of receiver {receiver}", "description": "Nothing is wrong: somebody tries the receiver."}
    series = Series(label_set(given), Alert(now, now + 300, now, {**texts, **annotations}, ui or url))
    group = {"alertname": given["alertname"]}
    return notification(
        receiver, f"test:{receiver}", group, {}, Reason.FIRST, [View(series, series.alert, False)], url, ui
    )


async def try_out(destinations: list[Destination], data: Notification, *, dry_run: bool) -> list[Outcome]:
    """Compose for each destination and send, one attempt each."""
    return list(await asyncio.gather(*(_try_one(one, data, dry_run) for one in destinations)))


async def _try_one(destination: Destination, data: Notification, dry_run: bool) -> Outcome:
    key, kind = destination.integration, destination.kind
    body = ""
    try:
        messages = destination.notifier.compose([data])
        body = "\n".join(message.body for message in messages)
        if dry_run:
            return Outcome(key, kind, True, body)
        answers = [await _send(destination, message, data) for message in messages]
    except (DeliveryError, ValueError) as error:
        return Outcome(key, kind, False, body, error=str(error))
    return Outcome(key, kind, True, body, "\n".join(answers))


async def _send(destination: Destination, message: Any, data: Notification) -> str:
    clock = destination.clock
    at, started, answer, problem = clock.now(), clock.monotonic(), "", None
    destination.budget.begin()
    try:
        answer = await destination.notifier.send(message)
    except DeliveryError as error:
        problem = error
    finally:
        destination.budget.end(clock.monotonic())
    seconds = clock.monotonic() - started
    text, reason = (str(problem), problem.reason) if problem else ("", "")
    destination.record(
        Attempt(
            at,
            destination.integration,
            destination.receiver,
            destination.kind,
            (data,),
            1,
            seconds,
            message.body,
            answer,
            text,
            reason,
        )
    )
    if problem is not None:
        raise problem
    return answer
