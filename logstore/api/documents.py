"""Endpoints that write and read single documents: _bulk, _doc, _create, _update, _mget, _source."""

from typing import Any, Final

import orjson
from starlette.responses import Response

from logstore.api.http import Call, Status, Table
from logstore.bulk import Action, parse_bulk
from logstore.errors import ElasticError, bad_request, damaged
from logstore.frames import DamagedError
from logstore.source_filter import filter_source
from logstore.staging import Outcome

_SHARDS: Final = {"total": 1, "successful": 1, "failed": 0}
_LEAN: Final = frozenset(
    {"errors", "took", "items.*.status", "items.*.error", "items.*.error.type", "items.*.error.reason"}
)


async def bulk(call: Call) -> Any:
    """`_bulk`: index, create, update, delete, each with its own result."""
    body = await call.body()
    outcomes = await call.store.write_later_parsed(lambda: _actions(call, body), len(body))
    if call.params.get("refresh", "false") != "false":
        await call.store.refresh()
    errors = any(outcome.error is not None for outcome in outcomes)
    paths = set(filter(None, call.params.get("filter_path", "").split(",")))
    if paths and paths <= _LEAN and "items.*.status" in paths:
        return _lean(outcomes, errors=errors)
    return {"errors": errors, "took": 0, "items": [{outcome.operation: _item(outcome)} for outcome in outcomes]}


def _actions(call: Call, body: bytes) -> list[Action]:
    actions = parse_bulk(body, call.index)
    if call.flag("require_data_stream") or call.flag("require_alias"):
        _require(call, actions)
    return actions


def _require(call: Call, actions: list[Action]) -> None:
    stored = call.store.catalog.stored
    known = set(stored.streams) if call.flag("require_data_stream") else set(stored.aliases)
    for action in actions:
        if action.index not in known and not call.store.catalog.template_for(action.index):
            action.error = ElasticError(
                404, "index_not_found_exception", f"no such index [{action.index}] of the required kind"
            )


def _lean(outcomes: list[Outcome], *, errors: bool) -> bytes:
    """The answer to `filter_path=errors,items.*.status,items.*.error`, which shippers ask for: made without building objects."""
    parts = []
    for outcome in outcomes:
        if outcome.error is None:
            parts.append(b'{"%s":{"status":%d}}' % (outcome.operation.encode(), outcome.status))
        else:
            item = {outcome.operation: {"status": outcome.status, "error": outcome.error.cause()}}
            parts.append(orjson.dumps(item))
    return b'{"errors":%s,"items":[%s]}' % (b"true" if errors else b"false", b",".join(parts))


def _item(outcome: Outcome) -> dict[str, Any]:
    if outcome.error is not None:
        return {"_index": outcome.index, "_id": outcome.id, "status": outcome.status, "error": outcome.error.cause()}
    return {**_written(outcome), "status": outcome.status}


def _written(outcome: Outcome) -> dict[str, Any]:
    return {
        "_index": outcome.index, "_id": outcome.id, "_version": outcome.version, "result": outcome.result,
        "_shards": _SHARDS, "_seq_no": outcome.row, "_primary_term": 1,
    }  # fmt: skip


async def _one(call: Call, action: Action) -> Status:
    (outcome,) = await call.store.write([action], len(action.source))
    if call.params.get("refresh", "false") != "false":
        await call.store.refresh()
    if outcome.error is not None:
        raise outcome.error
    return Status(outcome.status, _written(outcome))


async def _document(call: Call) -> tuple[bytes, dict[str, Any]]:
    doc = await call.json()
    if not doc and not (await call.body()).strip():
        raise ElasticError(400, "parse_exception", "request body is required")
    return orjson.dumps(doc), doc


async def put_document(call: Call) -> Status:
    """`PUT|POST <index>/_doc/<id>`, `_create/<id>`."""
    source, doc = await _document(call)
    create = "/_create/" in call.request.url.path or call.params.get("op_type") == "create"
    return await _one(call, Action("create" if create else "index", call.index, call.path["id"], source, doc))


async def post_document(call: Call) -> Status:
    """`POST <index>/_doc`: the store makes the id."""
    source, doc = await _document(call)
    return await _one(call, Action("create", call.index, None, source, doc))


async def update_document(call: Call) -> Status:
    """`POST <index>/_update/<id>`: merge a partial document."""
    source, doc = await _document(call)
    return await _one(call, Action("update", call.index, call.path["id"], source, doc))


async def delete_document(call: Call) -> Status:
    """`DELETE <index>/_doc/<id>`."""
    if call.index not in call.store.catalog.generations:
        call.store.catalog.resolve(call.index)
    return await _one(call, Action("delete", call.index, call.path["id"], b""))


def _got(call: Call, index: str, doc_id: str, source_spec: Any = True) -> Status:
    generations = call.store.catalog.resolve(index)
    for generation in reversed(generations):
        try:
            found = generation.find(doc_id)
        except DamagedError as error:
            raise damaged(str(error)) from error
        if found is not None:
            number, row = found
            out: dict[str, Any] = {
                "_index": generation.name, "_id": doc_id, "_version": row.version, "_seq_no": number, "_primary_term": 1,
                "found": True,
            }  # fmt: skip
            source = filter_source(orjson.loads(row.source), source_spec)
            return Status(200, out if source is None else {**out, "_source": source})
    return Status(404, {"_index": index, "_id": doc_id, "found": False})


def _source_spec(params: dict[str, str]) -> Any:
    from logstore.request import parse_request

    return parse_request({}, {key: value for key, value in params.items() if key.startswith("_source")}).source


async def get_document(call: Call) -> Status:
    """`GET|HEAD <index>/_doc/<id>`: also before it can be searched."""
    return _got(call, call.index, call.path["id"], _source_spec(call.params))


async def get_source(call: Call) -> Any:
    """`GET <index>/_source/<id>`: the document alone."""
    found = _got(call, call.index, call.path["id"], _source_spec(call.params))
    if not found["found"]:
        doc_id = call.path["id"]
        raise ElasticError(404, "resource_not_found_exception", f"Document not found [{call.index}]/[{doc_id}]")
    return found["_source"]


async def mget(call: Call) -> dict[str, Any]:
    """`_mget`: several documents by id."""
    body = await call.json()
    wanted = body.get("docs") or [{"_id": doc_id} for doc_id in body.get("ids", [])]
    if not wanted:
        raise bad_request("Validation Failed: 1: no documents to get;", "action_request_validation_exception")
    default = _source_spec(call.params)
    docs: list[dict[str, Any]] = []
    for item in wanted:
        index, doc_id = item.get("_index", call.index), str(item.get("_id"))
        if not index:
            raise bad_request(
                "Validation Failed: 1: index is missing for doc 0;", "action_request_validation_exception"
            )
        try:
            docs.append(dict(_got(call, index, doc_id, item.get("_source", default))))
        except ElasticError as error:
            docs.append({"_index": index, "_id": doc_id, "error": error.body()["error"]})
    return {"docs": docs}


async def head_ok(_: Call) -> Response:
    return Response(status_code=200)


ROUTES: Table = [
    (["POST", "PUT"], "/_bulk", bulk),
    (["POST", "PUT"], "/{index}/_bulk", bulk),
    (["GET", "POST"], "/_mget", mget),
    (["GET", "POST"], "/{index}/_mget", mget),
    (["POST"], "/{index}/_doc", post_document),
    (["PUT", "POST"], "/{index}/_doc/{id:path}", put_document),
    (["PUT", "POST"], "/{index}/_create/{id:path}", put_document),
    (["POST"], "/{index}/_update/{id:path}", update_document),
    (["GET", "HEAD"], "/{index}/_doc/{id:path}", get_document),
    (["GET", "HEAD"], "/{index}/_source/{id:path}", get_source),
    (["DELETE"], "/{index}/_doc/{id:path}", delete_document),
]
