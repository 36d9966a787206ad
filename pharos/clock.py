"""Time as a value: the core never asks the operating system what time it is, a `Clock` comes in."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Wall time in seconds since 1970, monotonic seconds, and a sleep that tests can drive."""

    def now(self) -> float: ...
    def monotonic(self) -> float: ...
    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))
