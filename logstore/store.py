"""The store as one object: what exists, who writes, who searches. The HTTP layer and tests talk to this."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from logstore.bulk import Action
from logstore.catalog import Catalog
from logstore.engine import ROW_MASK, rows_newest_first
from logstore.errors import ElasticError, damaged
from logstore.frames import DamagedError
from logstore.generation import Generation
from logstore.ingest import Ingest
from logstore.query import build
from logstore.request import parse_request
from logstore.search import count, search
from logstore.staging import Outcome
from logstore.views import View, Views
from pharos.clock import Clock

T = TypeVar("T")
SEARCHES_AT_ONCE = 4


class Store:
    """A folder with indices. `open` before use, `close` after."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._clock = clock
        self.catalog = Catalog(folder, clock)
        self.ingest = Ingest(self.catalog, self.now_ms)
        self.views = Views(self.catalog)
        self.uuid = uuid.uuid5(uuid.NAMESPACE_URL, str(folder.resolve())).hex[:22]
        self._slots = asyncio.Semaphore(SEARCHES_AT_ONCE)
        self.on_search: Callable[[float], None] = lambda _: None

    def now_ms(self) -> int:
        return int(self._clock.now() * 1000)

    def open(self) -> None:
        self.catalog.open()
        self.ingest.start()

    def close(self) -> None:
        self.ingest.stop()
        self.views.forget()
        self.catalog.close()

    async def write(self, actions: list[Action], size: int) -> list[Outcome]:
        """Durable when it returns. Raises `ElasticError`."""
        return await self.ingest.submit(lambda: actions, size)

    async def write_later_parsed(self, parse: Callable[[], list[Action]], size: int) -> list[Outcome]:
        """The same for a large body, which is parsed where it is written: the event loop stays free."""
        return await self.ingest.submit(parse, size)

    async def refresh(self) -> None:
        """Everything written before can be searched afterwards."""
        await self.ingest.refresh()

    async def search(
        self,
        index: str,
        body: dict[str, Any],
        params: dict[str, str],
        *,
        ignore_unavailable: bool = False,
        allow_no_indices: bool = True,
    ) -> dict[str, Any]:
        """The body of a `_search` answer. Raises `ElasticError`."""
        request = parse_request(body, params)
        generations = self.catalog.resolve(
            index, ignore_unavailable=ignore_unavailable, allow_no_indices=allow_no_indices
        )
        return await self._with_view(generations, lambda view: search(view, request, self.now_ms()))

    async def count(self, index: str, query: dict[str, Any] | None, *, ignore_unavailable: bool = False) -> int:
        """How many documents match. Raises `ElasticError`."""
        generations = self.catalog.resolve(index, ignore_unavailable=ignore_unavailable)
        return await self._with_view(generations, lambda view: count(view, query, self.now_ms()))

    async def delete_by_query(self, index: str, query: dict[str, Any]) -> int:
        """Delete what matches; returns how many."""
        await self.refresh()
        generations = self.catalog.resolve(index)

        def find(view: View | None) -> list[Action]:
            if view is None:
                return []
            chosen = build(view.context(self.now_ms()), query)
            rows = rows_newest_first(view.searcher, chosen, max(1, int(view.searcher.num_docs)))
            try:
                found = [view.row(row) for row in rows]
            except DamagedError as error:
                raise damaged(str(error)) from error
            return [Action("delete", generation.name, row.id, b"") for generation, row in found]

        actions = await self._with_view(generations, find)
        if not actions:
            return 0
        outcomes = await self.write(actions, 100 * len(actions))
        await self.refresh()
        return sum(outcome.result == "deleted" for outcome in outcomes)

    async def drop(self, generations: list[Generation]) -> None:
        """Delete indices with everything in them."""

        def drop() -> None:
            self.catalog.drop(generations)
            self.views.forget()

        await self.ingest.between_writes(drop)

    async def _with_view(self, generations: list[Generation], work: Callable[[View | None], T]) -> T:
        await self.ingest.before_search(generations)
        began = self._clock.monotonic()

        def run() -> T:
            try:
                return work(self.views.open(generations))
            except (ValueError, OverflowError) as error:
                raise ElasticError(400, "query_shard_exception", f"the index refused the query: {error}") from error

        async with self._slots:
            try:
                return await asyncio.to_thread(run)
            finally:
                self.on_search(self._clock.monotonic() - began)


Waiter = Callable[[], Awaitable[None]]
__all__ = ["ROW_MASK", "Store"]
