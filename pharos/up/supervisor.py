"""The supervisor: all parts of the plan, kept alive, stopped together."""

import asyncio
import logging
import signal
from collections.abc import Callable

from pharos.clock import Clock
from pharos.service import Service
from pharos.up.plan import PlannedPart
from pharos.up.process import State, Supervised

logger = logging.getLogger(__name__)

STOP_AFTER_S = 8.0
READY_POLL_S = 0.25
WATCH_POLL_S = 2.0


class Supervisor(Service):
    """Runs the planned parts. `on_event(name, text)` is told of crashes; `on_ready()` once, when all parts answer.

    `render` writes the configuration files anew before a reload; it raises `ConfigError` and leaves the old ones when it cannot.
    """

    name = "up"

    def __init__(
        self,
        parts: list[PlannedPart],
        clock: Clock,
        on_event: Callable[[str, str], None],
        on_ready: Callable[[], None],
        render: Callable[[], object] = lambda: None,
    ) -> None:
        super().__init__()
        self.processes = [
            Supervised(part, clock, lambda process, text: on_event(process.part.name, text)) for part in parts
        ]
        self._on_event, self._on_ready, self._render = on_event, on_ready, render
        self._runs: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Start all parts; readiness is watched in the background."""
        self._runs = [self.spawn(process.run(), process.part.name) for process in self.processes]
        self.spawn(self._watch(), "watch")

    async def close(self) -> None:
        """SIGTERM to all; what is left after 8 s is killed."""
        for process in self.processes:
            process.terminate()
        if not self._runs:
            return
        _, late = await asyncio.wait(self._runs, timeout=STOP_AFTER_S)
        for process, run in zip(self.processes, self._runs, strict=True):
            if run in late:
                self._on_event(process.part.name, f"did not stop within {STOP_AFTER_S:.0f} s and was killed")
                process.terminate(signal.SIGKILL)
        if late:
            await asyncio.wait(late, timeout=1)

    async def reload(self) -> None:
        """Render the configuration again and pass SIGHUP on: each part reads its files, all or nothing."""
        self._render()
        for process in self.processes:
            if process.pid is not None:
                process.signal_reload()

    async def _watch(self) -> None:
        announced = False
        while True:
            waiting = [process for process in self.processes if process.state is not State.UP]
            await asyncio.gather(*(process.is_ready() for process in waiting))
            if not announced and all(process.state is State.UP for process in self.processes):
                announced = True
                self._on_ready()
            await asyncio.sleep(READY_POLL_S if waiting else WATCH_POLL_S)
