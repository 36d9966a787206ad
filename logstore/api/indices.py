"""Endpoints about indices: create, show, delete, mappings, settings, statistics."""

from typing import Any

from starlette.responses import Response

from logstore.api.aliases import aliases_of
from logstore.api.http import Call, Table
from logstore.errors import ElasticError, bad_request, index_not_found
from logstore.generation import Generation

_DONE = {"acknowledged": True}
_SHARDS = {"total": 1, "successful": 1, "failed": 0}


async def create_index(call: Call) -> dict[str, Any]:
    """`PUT <index>`."""
    body = await call.json()
    if unknown := set(body) - {"settings", "mappings", "aliases"}:
        raise ElasticError(400, "parse_exception", f"unknown key [{sorted(unknown)[0]}] for create index")
    call.store.catalog.create(call.index, body, now_ms=call.store.now_ms())
    return {"acknowledged": True, "shards_acknowledged": True, "index": call.index}


async def delete_index(call: Call) -> dict[str, Any]:
    """`DELETE <index>`: never an alias or a data stream by mistake."""
    if not call.index or call.index in ("*", "_all"):
        raise bad_request("Wildcard expressions or all indices are not allowed")
    generations = call.generations()
    for generation in generations:
        owner = call.store.catalog.owner(generation)
        if owner is not None and call.store.catalog.stored.streams[owner][-1] == generation.name:
            raise bad_request(
                f"index [{generation.name}] is the write index for data stream [{owner}] and cannot be deleted"
            )
    await call.store.drop(generations)
    return _DONE


async def index_exists(call: Call) -> Response:
    """`HEAD <index>`."""
    try:
        found = call.generations()
    except ElasticError:
        found = []
    return Response(status_code=200 if found else 404)


async def get_index(call: Call) -> dict[str, Any]:
    """`GET <index>`: aliases, mappings, settings."""
    return {
        generation.name: {
            "aliases": aliases_of(call, generation),
            "mappings": generation.mapping.shown(),
            "settings": _settings(generation),
        }
        for generation in call.generations()
    }


def _settings(generation: Generation) -> dict[str, Any]:
    inner = generation.settings.get("index", generation.settings)
    own = {key.removeprefix("index."): value for key, value in inner.items()}
    shown = {
        key: value if isinstance(value, dict) else str(value).lower() if isinstance(value, bool) else str(value)
        for key, value in own.items()
    }
    return {
        "index": {
            "number_of_shards": "1", "number_of_replicas": "0", **shown, "uuid": generation.uuid,
            "creation_date": str(generation.created_ms), "provided_name": generation.name, "version": {"created": "9010000"},
        }
    }  # fmt: skip


async def get_settings(call: Call) -> dict[str, Any]:
    """`GET <index>/_settings`."""
    return {generation.name: {"settings": _settings(generation)} for generation in call.generations()}


async def put_settings(call: Call) -> dict[str, Any]:
    """`PUT <index>/_settings`: kept and shown; none of them changes how the store works."""
    body = await call.json()
    for generation in call.generations():
        generation.settings = {**generation.settings, **body.get("settings", body)}
        generation.save_about()
    return _DONE


async def get_mapping(call: Call) -> dict[str, Any]:
    """`GET <index>/_mapping`."""
    generations = call.generations()
    await call.store.ingest.before_search(generations)
    return {generation.name: {"mappings": generation.mapping.shown()} for generation in generations}


async def put_mapping(call: Call) -> dict[str, Any]:
    """`PUT <index>/_mapping`: from now on."""
    body = await call.json()
    generations = call.generations()
    if not generations:
        raise index_not_found(call.index)
    for generation in generations:
        generation.mapping.declare(body)
        generation.save_about()
    return _DONE


async def refresh(call: Call) -> dict[str, Any]:
    """`_refresh`, `_flush`, `_forcemerge`: everything written so far can be searched."""
    if call.index:
        call.generations()
    await call.store.refresh()
    return {"_shards": _SHARDS}


async def stats(call: Call) -> dict[str, Any]:
    """`_stats`: documents and bytes."""
    per_index = {g.name: _stats_of(g) for g in call.generations()}
    docs = sum(part["docs"]["count"] for part in per_index.values())
    size = sum(part["store"]["size_in_bytes"] for part in per_index.values())
    total = {"docs": {"count": docs, "deleted": 0}, "store": {"size_in_bytes": size}}
    indices = {name: {"primaries": part, "total": part} for name, part in per_index.items()}
    return {"_shards": _SHARDS, "_all": {"primaries": total, "total": total}, "indices": indices}


def _stats_of(generation: Generation) -> dict[str, Any]:
    return {"docs": {"count": generation.docs, "deleted": 0}, "store": {"size_in_bytes": generation.size_bytes()}}


async def resolve_index(call: Call) -> dict[str, Any]:
    """`GET _resolve/index/<pattern>`."""
    catalog, pattern = call.store.catalog, call.path["name"]
    plain = [g for g in catalog.resolve(pattern, ignore_unavailable=True) if catalog.owner(g) is None]
    streams = catalog.streams_matching(pattern)
    return {
        "indices": [{"name": g.name, "attributes": ["open"]} for g in plain],
        "aliases": [],
        "data_streams": [
            {"name": n, "backing_indices": catalog.stored.streams[n], "timestamp_field": "@timestamp"} for n in streams
        ],
    }


async def analyze(call: Call) -> dict[str, Any]:
    """`_analyze`: the words the index sees."""
    from logstore.text import all_words

    body = await call.json()
    text = body.get("text", "")
    found = all_words(" ".join(text) if isinstance(text, list) else str(text))
    return {"tokens": [{"token": word, "position": at, "type": "<ALPHANUM>"} for at, word in enumerate(found)]}


_GET, _PUT = ["GET"], ["PUT", "POST"]
ROUTES: Table = [
    (["POST", "GET"], "/_refresh", refresh),
    (["POST", "GET"], "/{index}/_refresh", refresh),
    (["POST", "GET"], "/{index}/_flush", refresh),
    (["POST"], "/{index}/_forcemerge", refresh),
    (_GET, "/_stats", stats),
    (_GET, "/{index}/_stats", stats),
    (_GET, "/_mapping", get_mapping),
    (_GET, "/{index}/_mapping", get_mapping),
    (_PUT, "/{index}/_mapping", put_mapping),
    (_GET, "/_settings", get_settings),
    (_GET, "/{index}/_settings", get_settings),
    (["PUT"], "/{index}/_settings", put_settings),
    (_GET, "/_resolve/index/{name}", resolve_index),
    (["GET", "POST"], "/_analyze", analyze),
    (["GET", "POST"], "/{index}/_analyze", analyze),
    (["HEAD"], "/{index}", index_exists),
    (_GET, "/{index}", get_index),
    (["PUT"], "/{index}", create_index),
    (["DELETE"], "/{index}", delete_index),
]
