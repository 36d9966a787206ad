"""Endpoints that search: _search, _msearch, _count, _field_caps, _delete_by_query, _validate/query."""

import fnmatch
from typing import Any

import orjson

from logstore.api.http import Call, Status, Table
from logstore.errors import ElasticError, bad_request
from logstore.mapping import TEXT

_PASSED = ("q", "df", "default_operator", "from", "size", "sort", "track_total_hits", "version", "seq_no_primary_term",
           "rest_total_hits_as_int", "_source", "_source_includes", "_source_excludes")  # fmt: skip


async def search(call: Call) -> dict[str, Any]:
    """`_search`."""
    if "scroll" in call.params:
        raise bad_request("[scroll] is not supported by the Pharos log store, use search_after")
    return await _searched(call, call.index, await call.json(), call.params)


async def _searched(call: Call, index: str, body: dict[str, Any], params: dict[str, str]) -> dict[str, Any]:
    passed = {key: params[key] for key in _PASSED if key in params}
    return await call.store.search(
        index, body, passed,
        ignore_unavailable=params.get("ignore_unavailable") == "true",
        allow_no_indices=params.get("allow_no_indices") != "false",
    )  # fmt: skip


async def msearch(call: Call) -> dict[str, Any]:
    """`_msearch`: header line, body line, ...; each answers for itself."""
    raw = await call.body()
    lines = [line for line in raw.split(b"\n") if line.strip() or line == b""]
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines or len(lines) % 2:
        raise bad_request("The msearch request must be terminated by a newline and hold pairs of header and body")
    responses = []
    for head, body in zip(lines[::2], lines[1::2], strict=True):
        responses.append(await _one_of_many(call, head, body))
    return {"took": sum(answer.get("took", 0) for answer in responses), "responses": responses}


async def _one_of_many(call: Call, head: bytes, body: bytes) -> dict[str, Any]:
    try:
        header = orjson.loads(head) if head.strip() else {}
        index = header.get("index", call.index) or call.index
        index = ",".join(index) if isinstance(index, list) else index
        params = {
            key: str(value).lower()
            for key, value in header.items()
            if key in ("ignore_unavailable", "allow_no_indices")
        }
        if "rest_total_hits_as_int" in call.params:
            params["rest_total_hits_as_int"] = call.params["rest_total_hits_as_int"]
        return {**await _searched(call, index, orjson.loads(body), params), "status": 200}
    except ElasticError as error:
        return error.body()
    except ValueError as error:
        return ElasticError(400, "parsing_exception", f"the body is not valid JSON: {error}").body()


async def count(call: Call) -> dict[str, Any]:
    """`_count`."""
    body = await call.json()
    if unknown := set(body) - {"query"}:
        raise ElasticError(400, "parsing_exception", f"request does not support [{sorted(unknown)[0]}]")
    query = body.get("query")
    if "q" in call.params:
        query = {"query_string": {"query": call.params["q"], "default_field": call.params.get("df", "*")}}
    found = await call.store.count(call.index, query, ignore_unavailable=call.flag("ignore_unavailable"))
    return {"count": found, "_shards": {"total": 1, "successful": 1, "skipped": 0, "failed": 0}}


async def field_caps(call: Call) -> dict[str, Any]:
    """`_field_caps`: which fields there are, of which types, over all the indices."""
    body = await call.json()
    asked = body.get("fields") or call.params.get("fields") or "*"
    patterns = asked.split(",") if isinstance(asked, str) else asked
    generations = call.store.catalog.resolve(call.index, ignore_unavailable=call.flag("ignore_unavailable"))
    await call.store.ingest.before_search(generations)
    fields: dict[str, dict[str, Any]] = {}
    for generation in generations:
        for name, info in list(generation.mapping.fields.items()):
            for kind in (kind for kind in info.types if kind != "null"):
                if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns):
                    fields.setdefault(name, {})[kind] = _capability(kind)
                sub = f"{name}.keyword"
                if kind == "text" and name != "message" and any(fnmatch.fnmatchcase(sub, p) for p in patterns):
                    fields.setdefault(sub, {})["keyword"] = _capability("keyword")
    for name, kind in (("_id", "_id"), ("_index", "_index"), ("_source", "_source")):
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns):
            fields[name] = {kind: {**_capability(kind), "metadata_field": True, "aggregatable": kind != "_source"}}
    return {"indices": [generation.name for generation in generations], "fields": fields}


def _capability(kind: str) -> dict[str, Any]:
    searchable = kind not in ("object", "nested", "binary", "_source")
    return {
        "type": kind,
        "metadata_field": False,
        "searchable": searchable,
        "aggregatable": searchable and kind not in TEXT,
    }


async def delete_by_query(call: Call) -> dict[str, Any]:
    """`_delete_by_query`."""
    body = await call.json()
    if "query" not in body:
        raise ElasticError(400, "action_request_validation_exception", "Validation Failed: 1: query is missing;")
    deleted = await call.store.delete_by_query(call.index, body["query"])
    return {
        "took": 0, "timed_out": False, "total": deleted, "deleted": deleted, "batches": 1, "version_conflicts": 0,
        "noops": 0, "retries": {"bulk": 0, "search": 0}, "throttled_millis": 0, "requests_per_second": -1.0,
        "throttled_until_millis": 0, "failures": [],
    }  # fmt: skip


async def validate(call: Call) -> dict[str, Any]:
    """`_validate/query`: would this query be understood?"""
    body = await call.json()
    try:
        await call.store.count(call.index, body.get("query"), ignore_unavailable=True)
    except ElasticError as error:
        if error.status != 400:
            raise
        return {"valid": False, "error": error.reason} if call.flag("explain") else {"valid": False}
    return {"_shards": {"total": 1, "successful": 1, "failed": 0}, "valid": True}


async def scroll(_: Call) -> Status:
    raise bad_request("[scroll] is not supported by the Pharos log store, use search_after")


_READ = ["GET", "POST"]
ROUTES: Table = [
    (_READ, "/_search", search),
    (_READ, "/{index}/_search", search),
    (_READ, "/_msearch", msearch),
    (_READ, "/{index}/_msearch", msearch),
    (_READ, "/_count", count),
    (_READ, "/{index}/_count", count),
    (_READ, "/_field_caps", field_caps),
    (_READ, "/{index}/_field_caps", field_caps),
    (_READ, "/_validate/query", validate),
    (_READ, "/{index}/_validate/query", validate),
    (["POST"], "/{index}/_delete_by_query", delete_by_query),
    (["GET", "POST", "DELETE"], "/_search/scroll", scroll),
]
