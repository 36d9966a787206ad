"""Reading `_bulk` bodies: pairs of an action line and a document line. Pure; nothing here knows an index."""

from dataclasses import dataclass
from typing import Any, Final

import orjson

from logstore.errors import ElasticError, bad_request

OPERATIONS: Final = ("create", "index", "update", "delete")
LONGEST_ID: Final = 512
SURELY_SHORT: Final = LONGEST_ID // 4


@dataclass(slots=True)
class Action:
    """One item of a bulk request. `source` is the line as it came."""

    operation: str
    index: str
    id: str | None
    source: bytes
    doc: dict[str, Any] | None = None
    error: ElasticError | None = None


def parse_bulk(body: bytes, default_index: str) -> list[Action]:
    """The actions of a body. Raises `ElasticError` when the whole request is malformed."""
    if not body.endswith(b"\n"):
        if not body:
            raise ElasticError(400, "parse_exception", "request body is required")
        raise bad_request("The bulk request must be terminated by a newline [\\n]")
    lines = body.split(b"\n")
    actions: list[Action] = []
    at, end = 0, len(lines) - 1
    while at < end:
        head = lines[at]
        at += 1
        if not head or head.isspace():
            continue
        operation, meta = _action(head, len(actions) + 1)
        action = Action(operation, meta.get("_index") or default_index, _id(meta), b"")
        if not action.index:
            action.error = bad_request("Validation Failed: 1: index is missing;", "action_request_validation_exception")
        if operation != "delete":
            if at >= end:
                raise bad_request("Malformed action/metadata line: the document is missing")
            action.source = lines[at].strip(b"\r ")
            at += 1
            _read_document(action)
        actions.append(action)
    if not actions:
        raise bad_request("Validation Failed: 1: no requests added;", "action_request_validation_exception")
    return actions


def _action(head: bytes, number: int) -> tuple[str, dict[str, Any]]:
    try:
        parsed = orjson.loads(head)
        ((operation, meta),) = parsed.items()
    except (ValueError, AttributeError) as error:
        raise bad_request(
            f"Malformed action/metadata line [{number}], expected an object with one of [create, delete, index, update]"
        ) from error
    if operation not in OPERATIONS or not isinstance(meta, dict):
        raise bad_request(
            f"Malformed action/metadata line [{number}], expected field [create], [delete], [index] or [update] but found [{operation}]"
        )
    return operation, meta


def _id(meta: dict[str, Any]) -> str | None:
    doc_id = meta.get("_id")
    return None if doc_id is None else str(doc_id)


def _read_document(action: Action) -> None:
    try:
        doc = orjson.loads(action.source)
    except ValueError as error:
        action.error = ElasticError(400, "document_parsing_exception", f"failed to parse: {error}")
        return
    if not isinstance(doc, dict):
        action.error = ElasticError(400, "document_parsing_exception", "failed to parse: expected an object")
        return
    action.doc = doc


def check_id(doc_id: str) -> None:
    """Raises `ElasticError` for an id that cannot be kept."""
    if doc_id and len(doc_id) <= SURELY_SHORT and doc_id.isprintable():
        return
    if not doc_id:
        raise bad_request("if _id is specified it must not be empty")
    if len(doc_id.encode()) > LONGEST_ID:
        raise bad_request(f"id is too long, must be no longer than {LONGEST_ID} bytes but was: {len(doc_id.encode())}")
    if "\n" in doc_id or "\r" in doc_id:
        raise bad_request("an id with a line break is not supported by the Pharos log store")
