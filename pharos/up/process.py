"""One supervised process: start, watch, restart with back-off, stop."""

import asyncio
import contextlib
import enum
import os
import signal
from collections.abc import Callable

from pharos.clock import Clock
from pharos.up.backoff import Backoff
from pharos.up.lifeline import VARIABLE
from pharos.up.logfile import RotatingLog
from pharos.up.plan import PlannedPart


class State(enum.StrEnum):
    """What a part is doing, in the user's words."""

    STARTING = "starting"
    UP = "up"
    WAITING = "restarting"
    STOPPED = "stopped"


class Supervised:
    """Keeps one part running until `stop()`. `tell(part, text)` reports what the user should know."""

    def __init__(self, part: PlannedPart, clock: Clock, tell: Callable[["Supervised", str], None]) -> None:
        self.part = part
        self.state = State.STARTING
        self.restarts = 0
        self.pid: int | None = None
        self._clock, self._tell = clock, tell
        self._stopping = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None

    async def run(self) -> None:
        """Until stopped: run the process, and run it again when it ends."""
        backoff = Backoff()
        log = RotatingLog(self.part.log_file)
        try:
            while not self._stopping.is_set():
                began = self._clock.monotonic()
                code = await self._run_once(log)
                if self._stopping.is_set():
                    break
                delay = backoff.next_delay(self._clock.monotonic() - began)
                self.state, self.pid = State.WAITING, None
                self.restarts += 1
                self._tell(
                    self, f"ended with {_exit_text(code)}, starts again in {delay:.1f} s; its log: {self.part.log_file}"
                )
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), delay)
        finally:
            self.state, self.pid = State.STOPPED, None
            log.close()

    def terminate(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Tell the process to end and do not start it again."""
        self._stopping.set()
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    def signal_reload(self) -> None:
        """Pass SIGHUP on."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGHUP)

    async def is_ready(self) -> bool:
        """Ask `/-/ready` over a plain connection; keeps `state` up to date."""
        if self._process is None or self._process.returncode is not None:
            return False
        ready = await _asks_ready(self.part.url)
        if ready and self.state is State.STARTING:
            self.state = State.UP
        return ready

    async def _run_once(self, log: RotatingLog) -> int:
        self.state = State.STARTING
        self._process = await asyncio.create_subprocess_exec(
            *self.part.argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, VARIABLE: str(os.getpid()), "PYTHONUNBUFFERED": "1"},
        )
        self.pid = self._process.pid
        assert self._process.stdout is not None
        while chunk := await self._process.stdout.read(65536):
            log.write(chunk)
        return await self._process.wait()


async def _asks_ready(url: str) -> bool:
    host, _, port = url.removeprefix("http://").rpartition(":")
    try:
        async with asyncio.timeout(2):
            reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
            writer.write(b"GET /-/ready HTTP/1.1\r\nHost: pharos\r\nConnection: close\r\n\r\n")
            status = await reader.readline()
            writer.close()
    except (OSError, TimeoutError):
        return False
    return b" 200 " in status


def _exit_text(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"
