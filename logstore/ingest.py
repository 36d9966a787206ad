"""From bulk actions to durable rows to a searchable index.

One thread does all of it. It takes every request that waits, decides each item (new, conflict, update), appends the rows of a generation in one
write and one fdatasync (group commit: who waits shares it), answers, and then indexes what it has just answered. tantivy's own thread works
beside it. (Two threads of Python, one writing and one indexing, were four times slower: each call into tantivy gives the interpreter
away and waits to get it back.) Commits come once a second while somebody searches, seldom otherwise: an idle store does nothing.
"""

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final

from logstore.bulk import Action
from logstore.catalog import Catalog
from logstore.errors import ElasticError
from logstore.generation import Generation
from logstore.staging import Group, Outcome

logger = logging.getLogger(__name__)

REFRESH_S: Final = 0.5
IDLE_REFRESH_S: Final = 15.0
SEARCH_IDLE_S: Final = 30.0
COMMIT_ROWS: Final = 100_000
MAX_WAITING_BYTES: Final = 64 * 1024 * 1024
"""Requests not yet looked at; beyond this writers are told 429."""
GROUP_BYTES: Final = 4 * 1024 * 1024
WRITER_REST_S: Final = 60.0


@dataclass(slots=True)
class _Request:
    parse: Callable[[], list[Action]]
    size: int
    done: Future[list[Outcome]]
    actions: list[Action] = field(default_factory=list)


@dataclass(slots=True)
class _Job:
    """Something to do between writes, when all that was written before has been committed."""

    done: Future[None]
    work: Callable[[], None] = lambda: None


class Ingest:
    """Owner of the writing thread."""

    def __init__(self, catalog: Catalog, now_ms: Callable[[], int]) -> None:
        self._catalog, self._now_ms = catalog, now_ms
        self._queue: queue.SimpleQueue[_Request | _Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self.waiting_bytes = 0
        self._last_commit: dict[str, float] = {}
        self._last_search = -SEARCH_IDLE_S
        self._last_write = time.monotonic()
        self.failure: BaseException | None = None
        self.on_failure: Callable[[], object] = lambda: None
        self.on_outcomes: Callable[[list[Outcome]], None] = lambda _: None
        self._thread = threading.Thread(target=self._guarded, name="logstore-writer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Write and index what is accepted, then end."""
        self._queue.put(None)
        self._thread.join()

    async def submit(self, parse: Callable[[], list[Action]], size: int) -> list[Outcome]:
        """Write what `parse` gives; returns when durable. Raises `ElasticError`: 429 when too much waits."""
        self._check()
        if self.waiting_bytes > MAX_WAITING_BYTES:
            reason = f"{self.waiting_bytes} bytes wait to be written, try again later"
            raise ElasticError(429, "es_rejected_execution_exception", reason)
        request = _Request(parse, size, Future())
        with self._lock:
            self.waiting_bytes += size
        self._queue.put(request)
        outcomes = await asyncio.wrap_future(request.done)
        self.on_outcomes(outcomes)
        return outcomes

    def _check(self) -> None:
        if self.failure is not None:
            raise ElasticError(503, "unavailable_shards_exception", f"the store can no longer write: {self.failure}")

    # The thread

    def _guarded(self) -> None:
        waiting: list[_Request | _Job] = []
        try:
            while self._turn(waiting):
                waiting.clear()
        except BaseException as error:
            self.failure = error
            self.on_failure()
            logger.critical("The store can no longer write", extra={"reason": f"{type(error).__name__}: {error}"})
            for item in waiting:
                if not item.done.done():
                    item.done.set_exception(ElasticError(503, "unavailable_shards_exception", str(error)))
            raise

    def _turn(self, taken: list[_Request | _Job]) -> bool:
        """Wait for work or for the next commit; False when told to stop."""
        try:
            item = self._queue.get(timeout=self._patience())
        except queue.Empty:
            self._commit_due(force=False)
            return True
        group: list[_Request] = []
        size = 0
        while isinstance(item, _Request):
            taken.append(item)
            if self._parsed(item):
                group.append(item)
                size += item.size
            item = _NOTHING if size >= GROUP_BYTES or self._queue.empty() else self._queue.get()
        if group:
            self._write_group(group)
        if isinstance(item, _Job) and item is not _NOTHING:
            taken.append(item)
            self._commit_due(force=True)
            item.work()
            item.done.set_result(None)
        else:
            self._commit_due(force=item is None)
        return item is not None

    def _parsed(self, request: _Request) -> bool:
        with self._lock:
            self.waiting_bytes -= request.size
        try:
            request.actions = request.parse()
        except Exception as error:  # the request's own fault, whatever it is: the store goes on
            request.done.set_exception(error)
            return False
        return True

    def _write_group(self, group: list[_Request]) -> None:
        staged = Group(self._catalog, self._now_ms())
        for request in group:
            staged.decide(request.actions)
        staged.write()
        for request, outcomes in zip(group, staged.outcomes, strict=True):
            request.done.set_result(outcomes)
        staged.index()
        self._last_write = time.monotonic()

    # Commits

    def _patience(self) -> float:
        """How long the indexer may sleep."""
        dirty = any(generation.dirty for generation in list(self._catalog.generations.values()))
        return 0.25 if dirty else 30.0

    def _interval(self) -> float:
        searching = time.monotonic() - self._last_search < SEARCH_IDLE_S
        return REFRESH_S if searching else IDLE_REFRESH_S

    def _commit_due(self, *, force: bool) -> None:
        now = time.monotonic()
        for generation in list(self._catalog.generations.values()):
            if generation.dirty:
                last = self._last_commit.setdefault(generation.name, now)
                if force or now - last >= self._interval() or generation.uncommitted_rows >= COMMIT_ROWS:
                    generation.commit()
                    self._last_commit[generation.name] = time.monotonic()
            elif now - self._last_write > WRITER_REST_S:
                generation.rest()

    async def refresh(self) -> None:
        """Returns when everything written before this call can be searched."""
        await self.between_writes(lambda: None)

    async def between_writes(self, work: Callable[[], None]) -> None:
        """Do something while nobody writes; everything written before is committed."""
        self._check()
        job = _Job(Future(), work)
        self._queue.put(job)
        await asyncio.wrap_future(job.done)

    async def before_search(self, generations: Iterable[Generation]) -> None:
        """Note that somebody searches; the first search after a quiet time waits until all is indexed."""
        now = time.monotonic()
        quiet = now - self._last_search >= SEARCH_IDLE_S
        self._last_search = now
        if quiet and (self.waiting_bytes or any(generation.dirty for generation in generations)):
            await self.refresh()


_NOTHING: Final = _Job(Future())
"""Ends a group without a refresh."""
