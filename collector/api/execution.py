"""Running queries in worker threads: bounded in number, listed while they run, stopped when their client leaves.

The event loop only waits, and works out light queries itself. A query has a token that it looks at now and then; it is cancelled when the client is gone, when
somebody stops the query by its number, or when the server shuts down.
"""

import asyncio
import itertools
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Summary
from starlette.requests import Request

from collector.api.errors import ApiError
from collector.promql.run import CancelToken

T = TypeVar("T")
logger = logging.getLogger(__name__)
_END: Final = b""
_WATCH_AFTER_S: Final = 0.05  # most queries are done by then, and need nobody to watch their client


@dataclass(slots=True)
class ActiveQuery:
    """A query that waits or runs. Times are seconds since 1970."""

    number: int
    text: str
    client: str
    asked_at: float
    started_at: float = 0.0
    token: CancelToken = field(default_factory=CancelToken)

    @property
    def queue_s(self) -> float:
        """How long it waited for a thread."""
        return max(0.0, (self.started_at or time.time()) - self.asked_at)


class QueryRunner:
    """The worker threads of the API. `slow_after_s`: queries that took longer are logged; 0 logs none."""

    def __init__(
        self, registry: CollectorRegistry | None = None, *, workers: int = 8, slow_after_s: float = 0.0
    ) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="query")
        self._numbers = itertools.count(1)
        self._active: dict[int, ActiveQuery] = {}
        self.slow_after_s = slow_after_s
        running = Gauge(
            "prometheus_engine_queries", "The current number of queries being executed or waiting.", registry=registry
        )
        running.set_function(lambda: len(self._active))
        limit = Gauge(
            "prometheus_engine_queries_concurrent_max", "The max number of concurrent queries.", registry=registry
        )
        limit.set(workers)
        self._slow = Counter(
            "prometheus_engine_slow_queries",
            "Queries that took longer than the slow-query threshold.",
            registry=registry,
        )
        times = Summary("prometheus_engine_query_duration_seconds", "Query timings.", ["slice"], registry=registry)
        self._eval_time, self._queue_time = times.labels("inner_eval"), times.labels("queue_time")

    @property
    def active(self) -> list[ActiveQuery]:
        """What waits and runs now, oldest first."""
        return list(self._active.values())

    def cancel(self, number: int) -> bool:
        """Stop a query; False when there is none of that number."""
        query = self._active.get(number)
        if query is not None:
            query.token.cancel()
        return query is not None

    def close(self) -> None:
        """Stop all queries and let the threads end."""
        for query in self.active:
            query.token.cancel()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def run_here(self, request: Request, text: str, work: Callable[[ActiveQuery], T]) -> T:
        """The result of `work(query)`, worked out on the event loop: for what is done sooner than a thread would be woken up."""
        query = self._begin(request, text)
        try:
            return self._started(query, work)
        finally:
            self._finished(query)

    async def run(self, request: Request, text: str, work: Callable[[ActiveQuery], T]) -> T:
        """The result of `work(query)` from a worker thread; `query.token` is cancelled when the client leaves."""
        query = self._begin(request, text)
        loop = asyncio.get_running_loop()
        watch = _Watch(request, query.token)
        later = loop.call_later(_WATCH_AFTER_S, watch.begin)
        try:
            return await loop.run_in_executor(self._pool, self._started, query, work)
        finally:
            later.cancel()
            query.token.cancel()
            watch.end()
            self._finished(query)

    def _begin(self, request: Request, text: str) -> ActiveQuery:
        client = request.client.host if request.client else ""
        query = ActiveQuery(next(self._numbers), text, client, time.time())
        self._active[query.number] = query
        return query

    def _started(self, query: ActiveQuery, work: Callable[[ActiveQuery], T]) -> T:
        query.started_at = time.time()
        if query.token.canceled:
            raise ApiError("canceled", "context canceled")
        return work(query)

    def _finished(self, query: ActiveQuery) -> None:
        del self._active[query.number]
        took = time.time() - (query.started_at or query.asked_at)
        self._eval_time.observe(took)
        self._queue_time.observe(query.queue_s)
        if self.slow_after_s and took > self.slow_after_s:
            self._slow.inc()
            logger.warning("Slow query", extra={"query": query.text, "seconds": round(took, 3), "client": query.client})

    async def call(self, work: Callable[[], T]) -> T:
        """The result of `work()` from a worker thread, for anything but queries."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    async def stream(self, pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
        """Each piece is made in a worker thread while the one before is on its way, whether the client takes it fast or not."""
        loop = asyncio.get_running_loop()
        making = loop.run_in_executor(self._pool, next, pieces, _END)
        try:
            while piece := await making:
                making = loop.run_in_executor(self._pool, next, pieces, _END)
                yield piece
        finally:
            making.cancel()


class _Watch:
    """Cancels a query when its client goes away. The body must have been read."""

    def __init__(self, request: Request, token: CancelToken) -> None:
        self._request, self._token = request, token
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        self._task = asyncio.create_task(self._wait(), name="query-client")

    def end(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _wait(self) -> None:
        while (await self._request.receive())["type"] != "http.disconnect":
            pass
        self._token.cancel()
