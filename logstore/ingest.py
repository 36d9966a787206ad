"""From bulk actions to durable rows to a searchable index.

Two threads. The *writer* takes all requests that wait, decides each item (new, conflict, update), appends the rows of a
generation in one write and one fdatasync (group commit: who waits shares it), and answers. The *indexer* follows behind and commits once a
second while somebody searches, seldom otherwise: an idle store does nothing.
"""

import asyncio
import collections
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from logstore.bulk import Action, check_id
from logstore.catalog import Catalog
from logstore.errors import ElasticError, unsupported
from logstore.generation import Generation
from logstore.source import Row
from logstore.timestamps import is_plain, parse_date

logger = logging.getLogger(__name__)

REFRESH_S: Final = 1.0
IDLE_REFRESH_S: Final = 15.0
SEARCH_IDLE_S: Final = 30.0
COMMIT_ROWS: Final = 100_000
MAX_LAG_BYTES: Final = 24 * 1024 * 1024
"""Accepted but not yet indexed; beyond this writers are told 429."""
GROUP_BYTES: Final = 8 * 1024 * 1024
WRITER_REST_S: Final = 60.0


@dataclass(slots=True)
class Outcome:
    """What became of one item."""

    operation: str
    index: str
    id: str | None
    status: int
    result: str = ""
    version: int = 1
    row: int = 0
    error: ElasticError | None = None


@dataclass(slots=True)
class _Request:
    actions: list[Action]
    size: int
    done: Future[list[Outcome]]


@dataclass(slots=True)
class _Staged:
    """Rows of one generation that one group is about to write."""

    generation: Generation
    first: int
    rows: list[Row] = field(default_factory=list)
    docs: list[dict[str, Any]] = field(default_factory=list)
    fresh: dict[str, tuple[int, bool]] = field(default_factory=dict)
    """Id -> version and whether it exists, for ids of this group."""


class Ingest:
    """Owner of both threads."""

    def __init__(self, catalog: Catalog, now_ms: Callable[[], int]) -> None:
        self._catalog, self._now_ms = catalog, now_ms
        self._requests: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._rows: collections.deque[tuple[Generation, int, list[Row], list[dict[str, Any]], int]] = (
            collections.deque()
        )
        self._wake = threading.Condition()
        self._stopping = False
        self.lag_bytes = 0
        self._refreshes_asked = 0
        self._refreshes_done = 0
        self._last_commit: dict[str, float] = {}
        self._last_search = -SEARCH_IDLE_S
        self._last_write = time.monotonic()
        self.failure: BaseException | None = None
        self.on_outcomes: Callable[[list[Outcome]], None] = lambda _: None
        self._threads = [
            threading.Thread(target=self._guarded, args=(work,), name=f"logstore-{name}", daemon=True)
            for name, work in (("writer", self._write_loop), ("indexer", self._index_loop))
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Write and index what is accepted, then end."""
        self._requests.put(None)
        self._threads[0].join()
        with self._wake:
            self._stopping = True
            self._wake.notify()
        self._threads[1].join()

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            self.failure = error
            logger.critical("The store can no longer write", extra={"reason": f"{type(error).__name__}: {error}"})
            raise

    async def submit(self, actions: list[Action], size: int) -> list[Outcome]:
        """Write; returns when durable. Raises `ElasticError` (429) when the index is too far behind."""
        if self.failure is not None:
            raise ElasticError(503, "unavailable_shards_exception", f"the store can no longer write: {self.failure}")
        if self.lag_bytes > MAX_LAG_BYTES:
            raise ElasticError(
                429, "es_rejected_execution_exception", f"{self.lag_bytes} bytes wait to be indexed, try again later"
            )
        request = _Request(actions, size, Future())
        self._requests.put(request)
        outcomes = await asyncio.wrap_future(request.done)
        self.on_outcomes(outcomes)
        return outcomes

    # Writer

    def _write_loop(self) -> None:
        while True:
            first = self._requests.get()
            if first is None:
                return
            group, size, last = [first], first.size, False
            while size < GROUP_BYTES and not self._requests.empty():
                more = self._requests.get()
                if more is None:
                    last = True
                    break
                group.append(more)
                size += more.size
            self._write_group(group, size)
            if last:
                return

    def _write_group(self, group: list[_Request], size: int) -> None:
        staged: dict[str, _Staged] = {}
        targets: dict[tuple[str, str], Generation | ElasticError] = {}
        outcomes: list[list[Outcome]] = []
        try:
            for request in group:
                suspects = self._suspects(request.actions, targets)
                outcomes.append([self._decide(action, staged, targets, suspects) for action in request.actions])
            for part in staged.values():
                if part.rows:
                    part.generation.append(part.rows)
        except Exception as error:
            for request in group:
                request.done.set_exception(error)
            raise
        with self._wake:
            share = size // max(1, len(staged))
            for part in staged.values():
                if part.rows:
                    self._rows.append((part.generation, part.first, part.rows, part.docs, share))
                    self.lag_bytes += share
            self._wake.notify()
        for request, outcome in zip(group, outcomes, strict=True):
            request.done.set_result(outcome)

    def _target(
        self, action: Action, targets: dict[tuple[str, str], Generation | ElasticError]
    ) -> Generation | ElasticError:
        key = (action.index, action.operation)
        if key not in targets:
            try:
                targets[key] = self._catalog.write_target(action.index, action.operation, now_ms=self._now_ms())
            except ElasticError as error:
                targets[key] = error
        return targets[key]

    def _suspects(
        self, actions: list[Action], targets: dict[tuple[str, str], Generation | ElasticError]
    ) -> dict[str, set[str]]:
        """Generation -> those ids of the request that it, or the one before it, may hold."""
        ids: dict[str, list[str]] = {}
        for action in actions:
            target = self._target(action, targets) if action.error is None else action.error
            if isinstance(target, Generation) and action.id is not None:
                ids.setdefault(target.name, []).append(action.id)
        out = {}
        for name, wanted in ids.items():
            generation = self._catalog.generations[name]
            previous = self._catalog.previous(generation)
            out[name] = generation.ids.suspects(wanted) | (previous.ids.suspects(wanted) if previous else set())
        return out

    def _decide(
        self,
        action: Action,
        staged: dict[str, _Staged],
        targets: dict[tuple[str, str], Generation | ElasticError],
        suspects: dict[str, set[str]],
    ) -> Outcome:
        target = action.error or self._target(action, targets)
        if isinstance(target, ElasticError):
            return Outcome(action.operation, action.index, action.id, target.status, error=target)
        part = staged.get(target.name)
        if part is None:
            part = staged[target.name] = _Staged(target, target.source.end_row)
        try:
            return self._stage(action, part, suspects.get(target.name, set()))
        except ElasticError as error:
            return Outcome(action.operation, target.name, action.id, error.status, error=error)

    def _stage(self, action: Action, part: _Staged, suspects: set[str]) -> Outcome:
        generation, doc_id, row_number = part.generation, action.id, part.first + len(part.rows)
        if doc_id is None:
            if action.operation in ("update", "delete"):
                raise ElasticError(
                    400, "action_request_validation_exception", "Validation Failed: 1: an id must be provided;"
                )
            doc_id, version, exists = f"{generation.number:04x}{row_number:010x}", 0, False
        else:
            check_id(doc_id)
            version, exists = self._current(part, doc_id, suspects)
        if (
            version == 0
            and action.operation == "create"
            and action.doc is not None
            and is_plain(action.doc.get("@timestamp"))
        ):
            part.rows.append(Row("i", 1, doc_id, action.source))
            part.docs.append(action.doc)
            part.fresh[doc_id] = (1, True)
            return Outcome("create", generation.name, doc_id, 201, "created", 1, row_number)
        if action.operation == "create" and exists:
            raise ElasticError(
                409, "version_conflict_engine_exception",
                f"[{doc_id}]: version conflict, document already exists (current version [{version}])",
                index=generation.name,
            )  # fmt: skip
        if action.operation == "delete":
            return self._stage_delete(part, doc_id, row_number, version, exists)
        source, doc = action.source, action.doc
        assert doc is not None
        if action.operation == "update":
            source, doc, result = self._updated(part, doc_id, doc, exists)
            if result == "noop":
                return Outcome("update", generation.name, doc_id, 200, "noop", version, row_number)
        _check_timestamp(doc, required=generation.name.startswith(".ds-"))
        part.rows.append(Row("i", version + 1, doc_id, source))
        part.docs.append(doc)
        part.fresh[doc_id] = (version + 1, True)
        result, status = ("updated", 200) if exists else ("created", 201)
        return Outcome(action.operation, generation.name, doc_id, status, result, version + 1, row_number)

    def _stage_delete(self, part: _Staged, doc_id: str, number: int, version: int, exists: bool) -> Outcome:
        if not exists:
            return Outcome("delete", part.generation.name, doc_id, 404, "not_found", 1, number)
        part.rows.append(Row("d", version + 1, doc_id, b""))
        part.docs.append({})
        part.fresh[doc_id] = (version + 1, False)
        return Outcome("delete", part.generation.name, doc_id, 200, "deleted", version + 1, number)

    def _current(self, part: _Staged, doc_id: str, suspects: set[str]) -> tuple[int, bool]:
        """Version of an id and whether the document exists."""
        if doc_id in part.fresh:
            return part.fresh[doc_id]
        if doc_id not in suspects:
            return 0, False
        found = part.generation.find(doc_id)
        if found is None:
            previous = self._catalog.previous(part.generation)
            found = previous.find(doc_id) if previous is not None else None
        return (found[1].version, True) if found else (0, False)

    def _updated(
        self, part: _Staged, doc_id: str, body: dict[str, Any], exists: bool
    ) -> tuple[bytes, dict[str, Any], str]:
        """Source and document after an `update`, and `noop` when nothing changes."""
        if "script" in body:
            raise unsupported("update by [script]")
        if not exists:
            new = body.get("upsert") or (body.get("doc") if body.get("doc_as_upsert") else None)
            if new is None:
                raise ElasticError(404, "document_missing_exception", f"[{doc_id}]: document missing")
            return orjson.dumps(new), new, "created"
        old = next((d for r, d in zip(reversed(part.rows), reversed(part.docs), strict=True) if r.id == doc_id), None)
        if old is None:
            found = part.generation.find(doc_id)
            assert found is not None
            old = orjson.loads(found[1].source)
        new = merge(old, body.get("doc") or {})
        if new == old and body.get("detect_noop", True):
            return b"", old, "noop"
        return orjson.dumps(new), new, "updated"

    # Indexer

    def _index_loop(self) -> None:
        while True:
            with self._wake:
                if not self._rows and not self._stopping and self._refreshes_asked == self._refreshes_done:
                    self._wake.wait(self._patience())
                job = self._rows.popleft() if self._rows else None
                asked = self._refreshes_asked
            if job is not None:
                self._index(*job)
            idle = job is None
            self._commit_due(force=idle and (self._stopping or asked > self._refreshes_done))
            if idle and asked > self._refreshes_done:
                with self._wake:
                    self._refreshes_done = asked
                    self._wake.notify_all()
            if idle and self._stopping:
                return

    def _index(
        self, generation: Generation, first: int, rows: list[Row], docs: list[dict[str, Any]], size: int
    ) -> None:
        for number, (row, doc) in enumerate(zip(rows, docs, strict=True), first):
            generation.index_row(number, row, doc)
        self._last_write = time.monotonic()
        with self._wake:
            self.lag_bytes -= size

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

    def _refresh(self) -> None:
        """Block until everything written before this call can be searched."""
        with self._wake:
            self._refreshes_asked += 1
            ticket = self._refreshes_asked
            self._wake.notify_all()
            while self._refreshes_done < ticket and self.failure is None and not self._stopping:
                self._wake.wait(1.0)

    async def refresh(self) -> None:
        await asyncio.to_thread(self._refresh)

    async def before_search(self, generations: Iterable[Generation]) -> None:
        """Note that somebody searches; the first search after a quiet time waits until all is indexed."""
        now = time.monotonic()
        quiet = now - self._last_search >= SEARCH_IDLE_S
        self._last_search = now
        if quiet and (self._rows or any(generation.dirty for generation in generations)):
            await self.refresh()


def merge(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """A partial document laid over a document."""
    out = dict(old)
    for key, value in new.items():
        out[key] = merge(out[key], value) if isinstance(value, dict) and isinstance(out.get(key), dict) else value
    return out


def _check_timestamp(doc: dict[str, Any], *, required: bool) -> None:
    moment = doc.get("@timestamp")
    if is_plain(moment):
        return
    if moment is None:
        if required:
            raise ElasticError(400, "document_parsing_exception", "data stream timestamp field [@timestamp] is missing")
        return
    try:
        parse_date(moment)
    except ElasticError as error:
        raise ElasticError(
            400, "document_parsing_exception", f"failed to parse field [@timestamp] of type [date]: {error.reason}"
        ) from error
