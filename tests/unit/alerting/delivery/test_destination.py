import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import pytest

from alerting.delivery.budget import Budget
from alerting.delivery.destination import Attempt, Destination, Job
from alerting.notifiers.errors import DeliveryError
from alerting.notifiers.registry import Message, RateLimit
from alerting.templates.data import Notification
from tests.support.notifying import NOW, FakeClock, told


class Robot:
    """Takes messages unless `trouble` says otherwise."""

    robot = "robot"

    def __init__(self, limit: RateLimit, trouble: Callable[[int], DeliveryError | None]) -> None:
        self.rate_limit, self._trouble = limit, trouble
        self.sent: list[tuple[float, tuple[int, ...]]] = []
        self.tries = 0
        self.clock = FakeClock()

    def compose(self, notifications: Sequence[Notification]) -> list[Message]:
        return [Message("body", tuple(range(len(notifications))))]

    async def send(self, message: Message) -> str:
        self.tries += 1
        problem = self._trouble(self.tries)
        if problem is not None:
            raise problem
        self.sent.append((self.clock.now() - NOW, message.parts))
        return "ok"


class Setting:
    """A destination, its queue's tasks, what was recorded and what became of the jobs."""

    def __init__(
        self, limit: RateLimit | None = None, trouble: Callable[[int], DeliveryError | None] = lambda number: None
    ) -> None:
        limit = limit or RateLimit()
        self.robot = Robot(limit, trouble)
        self.recorded: list[Attempt] = []
        self.results: list[bool] = []
        self.tasks: list[asyncio.Task[Any]] = []
        self.destination = Destination(
            "team/robot[0]",
            "team",
            "robot",
            self.robot,
            Budget(limit),
            self.robot.clock,
            self.spawn,
            self.recorded.append,
        )

    def spawn(self, work: Coroutine[Any, Any, Any], name: str) -> None:
        self.tasks.append(asyncio.get_running_loop().create_task(work, name=name))

    async def send(self, count: int, patience_s: float = 300) -> None:
        for _ in range(count):
            self.destination.submit(Job(told(), patience_s, self.results.append, self.robot.clock.monotonic()))
        while self.tasks:
            await self.tasks.pop()


async def test_without_a_limit_each_notification_is_a_message() -> None:
    setting = Setting()
    await setting.send(5)
    assert [parts for _, parts in setting.robot.sent] == [(0,)] * 5
    assert setting.results == [True] * 5


async def test_within_the_budget_each_notification_is_a_message() -> None:
    setting = Setting(RateLimit(20))
    await setting.send(5)
    assert len(setting.robot.sent) == 5


async def test_beyond_the_budget_there_is_a_digest() -> None:
    setting = Setting(RateLimit(20))
    await setting.send(1000)
    assert [len(parts) for _, parts in setting.robot.sent] == [1000]
    assert setting.results == [True] * 1000


async def test_the_budget_is_kept_over_time() -> None:
    setting = Setting(RateLimit(2))
    for _ in range(5):
        await setting.send(1)
    assert [round(at) for at, _ in setting.robot.sent] == [0, 0, 60, 60, 120]


async def test_trouble_that_passes_is_retried_with_growing_pauses() -> None:
    setting = Setting(trouble=lambda number: DeliveryError("down", retryable=True) if number < 4 else None)
    await setting.send(1)
    assert setting.results == [True]
    assert [round(attempt.at - NOW, 1) for attempt in setting.recorded] == [0, 0.5, 1.5, 3.5]
    assert [attempt.number for attempt in setting.recorded] == [1, 2, 3, 4]
    assert [attempt.error for attempt in setting.recorded] == ["down", "down", "down", ""]


async def test_patience_ends() -> None:
    setting = Setting(trouble=lambda number: DeliveryError("down", retryable=True))
    await setting.send(1, patience_s=20)
    assert setting.results == [False]
    assert setting.robot.clock.now() - NOW < 20


async def test_what_no_retry_can_mend_is_not_retried() -> None:
    setting = Setting(trouble=lambda number: DeliveryError("no such robot", retryable=False, reason="refused"))
    await setting.send(1)
    assert (setting.results, setting.robot.tries) == ([False], 1)
    assert setting.recorded[0].error_reason == "refused"


async def test_a_robot_that_says_wait_is_waited_for_and_it_costs_no_patience() -> None:
    slow = DeliveryError("too fast", retryable=True, reason="rate_limited", wait_s=600)
    setting = Setting(RateLimit(20), lambda number: slow if number == 1 else None)
    await setting.send(1, patience_s=10)
    assert setting.results == [True]
    assert setting.robot.clock.now() - NOW >= 600


async def test_a_notifier_that_breaks_is_a_failed_attempt(caplog: pytest.LogCaptureFixture) -> None:
    def trouble(number: int) -> DeliveryError:
        raise RuntimeError("bug")

    setting = Setting(trouble=trouble)
    await setting.send(1)
    assert setting.results == [False]
    assert setting.recorded[0].error == "RuntimeError: bug"
    assert "Notifier failed" in caplog.text


async def test_what_cannot_be_written_is_recorded(caplog: pytest.LogCaptureFixture) -> None:
    setting = Setting()

    def compose(notifications: Sequence[Notification]) -> list[Message]:
        raise DeliveryError("bad template", retryable=False, reason="template")

    setting.robot.compose = compose  # type: ignore[method-assign]
    await setting.send(1)
    assert setting.results == [False]
    assert setting.recorded[0].error == "bad template"
