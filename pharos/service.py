"""The life cycle every server shares: start, reload, stop, and one `TaskGroup` so that nothing outlives its service.

A subclass implements `open` (build and begin), `close` (flush and let go) and, when it has a configuration, `reload`. Background work
is started with `spawn`; if such a task fails, the service fails: a half-dead server helps nobody.
"""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Coroutine
from typing import Any, Self

from pharos.config.errors import ConfigError

logger = logging.getLogger(__name__)

STOP_TIMEOUT_S = 9.0


class Service:
    """Base of all servers. In a test: `async with SomeService(...) as service:`."""

    name = "service"
    lean = False  # True: memory (2.4 MB) matters more than the speed of the event loop

    def __init__(self) -> None:
        self._stopping = asyncio.Event()
        self._ready: asyncio.Future[None] | None = None
        self._runner: asyncio.Task[None] | None = None
        self._group: asyncio.TaskGroup | None = None
        self._background: set[asyncio.Task[Any]] = set()

    async def open(self) -> None:
        """Acquire what the service needs and begin to serve. Raises on failure."""

    async def close(self) -> None:
        """Flush and release; background tasks are still running and are cancelled afterwards."""

    async def reload(self) -> None:
        """Take the configuration files anew, all or nothing. Raises `ConfigError` and keeps the old one."""

    def spawn(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Run `work` in the background until it ends or the service stops."""
        assert self._group is not None, "spawn() belongs into open() or later"
        task = self._group.create_task(work, name=f"{self.name}:{name}")
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return task

    async def start(self) -> None:
        """Open the service; returns when it serves. Raises what `open` raised."""
        self._ready = asyncio.get_running_loop().create_future()
        self._runner = asyncio.create_task(self._run(), name=f"{self.name}:runner")
        await asyncio.wait({self._ready, self._runner}, return_when=asyncio.FIRST_COMPLETED)
        if self._runner.done():
            await self._runner
        else:
            self._ready.result()

    async def stop(self) -> None:
        """Stop and wait until everything has ended."""
        self._stopping.set()
        if self._runner is not None:
            await self._runner

    async def wait(self) -> None:
        """Until the service has stopped; raises when a background task failed."""
        assert self._runner is not None, "start() comes first"
        await asyncio.shield(self._runner)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _run(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                try:
                    await self.open()
                    assert self._ready is not None
                    self._ready.set_result(None)
                    await self._stopping.wait()
                finally:
                    await self.close()
                    for task in list(self._background):
                        task.cancel()
        except BaseExceptionGroup as group_error:
            if len(group_error.exceptions) == 1:
                raise group_error.exceptions[0] from None
            raise


async def run_service(service: Service) -> int:
    """Run until SIGTERM or SIGINT; SIGHUP reloads. Returns the exit code."""
    loop = asyncio.get_running_loop()
    stop_asked = asyncio.Event()
    reloads: set[asyncio.Task[None]] = set()

    def on_hangup() -> None:
        task = loop.create_task(_reload(service))
        reloads.add(task)
        task.add_done_callback(reloads.discard)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop_asked.set)
    loop.add_signal_handler(signal.SIGHUP, on_hangup)
    await service.start()
    waiting = asyncio.create_task(service.wait())
    asked = asyncio.create_task(stop_asked.wait())
    await asyncio.wait({waiting, asked}, return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    if not waiting.done():
        logger.info("Stopping", extra={"service": service.name})
        try:
            await asyncio.wait_for(service.stop(), STOP_TIMEOUT_S)
        except TimeoutError:
            logger.error("Did not stop in time", extra={"service": service.name, "timeout_s": STOP_TIMEOUT_S})
            return 1
    await waiting
    return 0


async def _reload(service: Service) -> None:
    try:
        await service.reload()
        logger.info("Configuration reloaded", extra={"service": service.name})
    except (ConfigError, OSError) as error:
        logger.error(
            "Reload failed, the old configuration stays", extra={"service": service.name, "reason": str(error)}
        )


def run(service: Service) -> int:
    """Run a service in an event loop of its own until it is told to stop. Returns the exit code."""
    with contextlib.suppress(KeyboardInterrupt):
        if service.lean:
            return asyncio.run(run_service(service))
        import uvloop

        return uvloop.run(run_service(service))
    return 130
