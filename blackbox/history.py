"""Recent probes: the newest ones, and failures a while longer."""

from collections import deque
from collections.abc import Iterator

from blackbox.probe import Outcome, Probe


class History:
    """Keeps `limit` outcomes; failures that fall out are kept in a list of the same size."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._recent: deque[Outcome] = deque()
        self._failed: deque[Outcome] = deque(maxlen=limit)
        self._next = 0

    def add(self, probe: Probe, success: bool, duration_s: float) -> None:
        """Remember a finished probe."""
        self._recent.append(Outcome(self._next, probe, success, duration_s))
        self._next += 1
        if len(self._recent) > self._limit:
            oldest = self._recent.popleft()
            if not oldest.success:
                self._failed.append(oldest)

    def find(self, id_: int) -> Outcome | None:
        """The outcome with this number, None when it is gone."""
        return next((outcome for outcome in self if outcome.id == id_), None)

    def __iter__(self) -> Iterator[Outcome]:
        """Newest first."""
        yield from reversed(self._recent)
        yield from reversed(self._failed)
