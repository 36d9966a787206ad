"""Runs jobs that may hang, one after another in one thread, and never waits longer than the deadline.

A read from a dead NFS server cannot be interrupted: the thread that asked is lost until the server answers. So a batch of jobs runs in a
worker thread; when a job makes no progress for `patience_s`, a spare worker goes on with the rest, and at the deadline the caller gets what
is there. A job that hung is not started again until it has returned, so at most one thread is stuck per job name, however often
the page is asked for.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, Final

PATIENCE_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of work with a name; equal names are the same work."""

    name: str
    work: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job: its value or its error, and the seconds it took. `hung`: no answer by the deadline."""

    value: Any = None
    error: Exception | None = None
    seconds: float = 0.0
    hung: bool = False


class _Batch:
    """Jobs of one run. Workers take from the left; `notify` is called from a worker when nothing is left."""

    def __init__(self, jobs: Iterable[Job], notify: Callable[[], None]) -> None:
        self.waiting: deque[Job] = deque(jobs)
        self.open = {job.name for job in self.waiting}
        self.outcomes: dict[str, Outcome] = {}
        self.notify = notify
        self.closed = False


class Deadline:
    """A pool that grows only by workers that hang. `stuck` names the jobs that have not come back and since when."""

    def __init__(self, name: str = "worker") -> None:
        self._name = name
        self._idle: list[SimpleQueue[_Batch]] = []
        self._lock = threading.Lock()
        self.stuck: dict[str, float] = {}

    async def run(self, jobs: Iterable[Job], deadline_s: float) -> dict[str, Outcome]:
        """Outcomes by job name, within the deadline."""
        loop = asyncio.get_running_loop()
        finished = asyncio.Event()

        def notify() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(finished.set)

        batch, end = self._begin(jobs, notify), time.monotonic() + deadline_s
        while batch.open:
            left = end - time.monotonic()
            if left <= 0:
                break
            before = len(batch.open)
            try:
                async with asyncio.timeout(min(PATIENCE_S, left)):
                    await finished.wait()
            except TimeoutError:
                self._relieve(batch, before)
        return self._finish(batch, deadline_s)

    def run_blocking(self, jobs: Iterable[Job], deadline_s: float) -> dict[str, Outcome]:
        """The same for a caller in a thread of its own."""
        finished = threading.Event()
        batch, end = self._begin(jobs, finished.set), time.monotonic() + deadline_s
        while batch.open:
            left = end - time.monotonic()
            if left <= 0:
                break
            before = len(batch.open)
            if not finished.wait(min(PATIENCE_S, left)):
                self._relieve(batch, before)
        return self._finish(batch, deadline_s)

    def _begin(self, jobs: Iterable[Job], notify: Callable[[], None]) -> _Batch:
        batch = _Batch([], notify)
        for job in jobs:
            since = self.stuck.get(job.name)
            if since is None:
                batch.waiting.append(job)
                batch.open.add(job.name)
            else:
                batch.outcomes[job.name] = Outcome(seconds=time.monotonic() - since, hung=True)
        if batch.open:
            self._hand_out(batch)
        return batch

    def _relieve(self, batch: _Batch, before: int) -> None:
        """Start a spare worker when nothing moved and work is waiting."""
        if batch.waiting and len(batch.open) == before:
            self._hand_out(batch)

    def _finish(self, batch: _Batch, deadline_s: float) -> dict[str, Outcome]:
        with self._lock:
            batch.closed = True
            for name in batch.open:
                batch.outcomes[name] = Outcome(seconds=deadline_s, hung=True)
            unstarted = {job.name for job in batch.waiting}
            batch.waiting.clear()
            now = time.monotonic()
            for name in batch.open - unstarted:
                self.stuck.setdefault(name, now - deadline_s)
        return batch.outcomes

    def _hand_out(self, batch: _Batch) -> None:
        with self._lock:
            inbox = self._idle.pop() if self._idle else None
        if inbox is None:
            inbox = SimpleQueue()
            threading.Thread(target=self._worker, args=(inbox,), name=self._name, daemon=True).start()
        inbox.put(batch)

    def _worker(self, inbox: "SimpleQueue[_Batch]") -> None:
        while True:
            batch = inbox.get()
            while (job := _take(batch)) is not None:
                self._do(batch, job)
            with self._lock:
                if self._idle:
                    return  # one idle worker is enough; this one had been a spare
                self._idle.append(inbox)
            del batch, job

    def _do(self, batch: _Batch, job: Job) -> None:
        begin = time.perf_counter()
        try:
            value, error = job.work(), None
        except Exception as problem:  # the isolation of one job from the others is this module's purpose
            value, error = None, problem
        outcome = Outcome(value, error, time.perf_counter() - begin)
        with self._lock:
            if batch.closed:
                self.stuck.pop(job.name, None)
                return
            batch.outcomes[job.name] = outcome
            batch.open.discard(job.name)
            done = not batch.open
        if done:
            batch.notify()


def _take(batch: _Batch) -> Job | None:
    try:
        return batch.waiting.popleft()
    except IndexError:
        return None
