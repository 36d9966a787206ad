"""How many messages a robot may still be sent."""

from collections import deque

from alerting.notifiers.registry import RateLimit


class Budget:
    """A sliding window. Sends count from when they ended, so that their arrivals are never closer than the limit allows."""

    def __init__(self, limit: RateLimit) -> None:
        self.limit = limit
        self._ended: deque[float] = deque(maxlen=limit.messages or None)
        self._running = 0
        self._closed_until = 0.0

    def free(self, now: float) -> int:
        """How many messages may go now."""
        if now < self._closed_until:
            return 0
        if not self.limit.messages:
            return 1 << 30
        while self._ended and self._ended[0] <= now - self.limit.per:
            self._ended.popleft()
        return self.limit.messages - len(self._ended) - self._running

    def wait_s(self, now: float) -> float:
        """Seconds until the next message may go."""
        if now < self._closed_until:
            return self._closed_until - now
        if self.free(now) > 0:
            return 0.0
        return max(0.05, self._ended[0] + self.limit.per - now) if self._ended else 0.05

    def begin(self) -> None:
        """A message is on its way."""
        self._running += 1

    def end(self, now: float) -> None:
        """It was taken, or not: the robot counts both."""
        self._running -= 1
        if self.limit.messages:
            self._ended.append(now)

    def close(self, until: float) -> None:
        """The robot said that it takes nothing for a while."""
        self._closed_until = max(self._closed_until, until)
