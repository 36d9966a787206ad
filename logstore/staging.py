"""Deciding what each item of a group of bulk requests does, and making it durable.

A group is what waited together: its rows go to disk in one write and one fdatasync for each generation (whoever waits shares it), are answered, and are indexed afterwards.
"""

import errno
import logging
from dataclasses import dataclass, field
from typing import Any

import orjson

from logstore.bulk import Action, check_id
from logstore.catalog import Catalog
from logstore.errors import ElasticError, damaged, disk_full, unsupported
from logstore.frames import DamagedError
from logstore.generation import Generation
from logstore.source import Row
from logstore.timestamps import is_plain, parse_date

logger = logging.getLogger(__name__)


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
class Part:
    """Rows of one generation that one group is about to write."""

    generation: Generation
    first: int
    rows: list[Row] = field(default_factory=list)
    docs: list[dict[str, Any]] = field(default_factory=list)
    fresh: dict[str, tuple[int, bool]] = field(default_factory=dict)
    """Id -> version and whether it exists, for ids of this group."""


class Group:
    """`decide` for each request, then `write`, then the `outcomes` can be told, then `index`."""

    def __init__(self, catalog: Catalog, now_ms: int) -> None:
        self._catalog, self._now_ms = catalog, now_ms
        self._parts: dict[str, Part] = {}
        self._targets: dict[tuple[str, str], Generation | ElasticError] = {}
        self.outcomes: list[list[Outcome]] = []
        """For each request, for each of its items."""

    def decide(self, actions: list[Action]) -> None:
        """Take the items of one request."""
        suspects = self._suspects(actions)
        self.outcomes.append([self._decide(action, suspects) for action in actions])

    def write(self) -> None:
        """Make durable what was decided; the items of a generation that cannot be written are refused."""
        for part in list(self._parts.values()):
            if part.rows and (refusal := _appended(part)):
                del self._parts[part.generation.name]
                self.outcomes = [[_refused(outcome, part, refusal) for outcome in results] for results in self.outcomes]

    def index(self) -> None:
        """Hand what was written to the indices."""
        for part in self._parts.values():
            for number, (row, doc) in enumerate(zip(part.rows, part.docs, strict=True), part.first):
                part.generation.index_row(number, row, doc)

    def _target(self, action: Action) -> Generation | ElasticError:
        targets = self._targets
        key = (action.index, action.operation)
        if key not in targets:
            try:
                targets[key] = self._catalog.write_target(action.index, action.operation, now_ms=self._now_ms)
            except ElasticError as error:
                targets[key] = error
            except OSError as error:
                targets[key] = _when_full(error, action.index)
        return targets[key]

    def _suspects(self, actions: list[Action]) -> dict[str, set[str]]:
        """Generation -> those ids of the request that it, or the one before it, may hold."""
        ids: dict[str, list[str]] = {}
        for action in actions:
            target = self._target(action) if action.error is None else action.error
            if isinstance(target, Generation) and action.id is not None:
                ids.setdefault(target.name, []).append(action.id)
        out = {}
        for name, wanted in ids.items():
            generation = self._catalog.generations[name]
            previous = self._catalog.previous(generation)
            out[name] = generation.ids.suspects(wanted) | (previous.ids.suspects(wanted) if previous else set())
        return out

    def _decide(self, action: Action, suspects: dict[str, set[str]]) -> Outcome:
        target = action.error or self._target(action)
        if isinstance(target, ElasticError):
            return Outcome(action.operation, action.index, action.id, target.status, error=target)
        part = self._parts.get(target.name)
        if part is None:
            part = self._parts[target.name] = Part(target, target.source.end_row)
        try:
            return self._stage(action, part, suspects.get(target.name, set()))
        except ElasticError as error:
            return Outcome(action.operation, target.name, action.id, error.status, error=error)

    def _stage(self, action: Action, part: Part, suspects: set[str]) -> Outcome:
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

    def _stage_delete(self, part: Part, doc_id: str, number: int, version: int, exists: bool) -> Outcome:
        if not exists:
            return Outcome("delete", part.generation.name, doc_id, 404, "not_found", 1, number)
        part.rows.append(Row("d", version + 1, doc_id, b""))
        part.docs.append({})
        part.fresh[doc_id] = (version + 1, False)
        return Outcome("delete", part.generation.name, doc_id, 200, "deleted", version + 1, number)

    def _current(self, part: Part, doc_id: str, suspects: set[str]) -> tuple[int, bool]:
        """Version of an id and whether the document exists."""
        if doc_id in part.fresh:
            return part.fresh[doc_id]
        if doc_id not in suspects:
            return 0, False
        version = part.generation.version(doc_id)
        if not version:
            previous = self._catalog.previous(part.generation)
            version = previous.version(doc_id) if previous is not None else 0
        return version, version > 0

    def _updated(
        self, part: Part, doc_id: str, body: dict[str, Any], exists: bool
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
            try:
                found = part.generation.find(doc_id)
            except DamagedError as error:
                raise damaged(str(error)) from error
            assert found is not None
            old = orjson.loads(found[1].source)
        new = merge(old, body.get("doc") or {})
        if new == old and body.get("detect_noop", True):
            return b"", old, "noop"
        return orjson.dumps(new), new, "updated"


def _appended(part: Part) -> ElasticError | None:
    """Make the rows of a generation durable; what to answer when the disk is full."""
    try:
        part.generation.append(part.rows)
    except OSError as error:
        return _when_full(error, part.generation.name)
    return None


def _when_full(error: OSError, index: str) -> ElasticError:
    if error.errno not in (errno.ENOSPC, errno.EDQUOT):
        raise error
    logger.error("The disk is full, nothing is written", extra={"index": index})
    return disk_full(index, error.strerror or "no space left")


def _refused(outcome: Outcome, part: Part, error: ElasticError) -> Outcome:
    """The outcome of an item whose generation could not be written."""
    if outcome.error is not None or outcome.index != part.generation.name or outcome.result == "noop":
        return outcome
    return Outcome(outcome.operation, outcome.index, outcome.id, error.status, error=error)


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
