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
from typing import Any, Final

import orjson

from logstore.bulk import Action, check_id
from logstore.catalog import Catalog
from logstore.errors import ElasticError, unsupported
from logstore.generation import Generation
from logstore.source import Row
from logstore.timestamps import is_plain, parse_date

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
    parse: Callable[[], list[Action]]
    size: int
    done: Future[list[Outcome]]
    actions: list[Action] = field(default_factory=list)


@dataclass(slots=True)
class _Job:
    """Something to do between writes, when all that was written before has been committed."""

    done: Future[None]
    work: Callable[[], None] = lambda: None


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
        staged: dict[str, _Staged] = {}
        targets: dict[tuple[str, str], Generation | ElasticError] = {}
        outcomes: list[list[Outcome]] = []
        for request in group:
            suspects = self._suspects(request.actions, targets)
            outcomes.append([self._decide(action, staged, targets, suspects) for action in request.actions])
        for part in staged.values():
            if part.rows:
                part.generation.append(part.rows)
        for request, outcome in zip(group, outcomes, strict=True):
            request.done.set_result(outcome)
        for part in staged.values():
            for number, (row, doc) in enumerate(zip(part.rows, part.docs, strict=True), part.first):
                part.generation.index_row(number, row, doc)
        self._last_write = time.monotonic()

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
