"""Endpoints about indices, data streams, mappings, templates, aliases."""

import fnmatch
from typing import Any

from starlette.responses import Response

from logstore.api.http import Call, Status, Table
from logstore.errors import ElasticError, bad_request, index_not_found
from logstore.generation import Generation
from logstore.timestamps import iso

_DONE = {"acknowledged": True}
_SHARDS = {"total": 1, "successful": 1, "failed": 0}


def _found(call: Call) -> list[Generation]:
    return call.store.catalog.resolve(
        call.index,
        ignore_unavailable=call.flag("ignore_unavailable"),
        allow_no_indices=call.flag("allow_no_indices", default=True),
    )


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
    generations = _found(call)
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
        found = _found(call)
    except ElasticError:
        found = []
    return Response(status_code=200 if found else 404)


async def get_index(call: Call) -> dict[str, Any]:
    """`GET <index>`: aliases, mappings, settings."""
    return {
        generation.name: {
            "aliases": _aliases_of(call, generation),
            "mappings": generation.mapping.shown(),
            "settings": _settings(generation),
        }
        for generation in _found(call)
    }


def _aliases_of(call: Call, generation: Generation) -> dict[str, Any]:
    return {
        alias: spec[generation.name]
        for alias, spec in call.store.catalog.stored.aliases.items()
        if generation.name in spec
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
    return {generation.name: {"settings": _settings(generation)} for generation in _found(call)}


async def put_settings(call: Call) -> dict[str, Any]:
    """`PUT <index>/_settings`: kept and shown; none of them changes how the store works."""
    body = await call.json()
    for generation in _found(call):
        generation.settings = {**generation.settings, **body.get("settings", body)}
        generation.save_about()
    return _DONE


async def get_mapping(call: Call) -> dict[str, Any]:
    """`GET <index>/_mapping`."""
    generations = _found(call)
    await call.store.ingest.before_search(generations)
    return {generation.name: {"mappings": generation.mapping.shown()} for generation in generations}


async def put_mapping(call: Call) -> dict[str, Any]:
    """`PUT <index>/_mapping`: from now on."""
    body = await call.json()
    generations = _found(call)
    if not generations:
        raise index_not_found(call.index)
    for generation in generations:
        generation.mapping.declare(body)
        generation.save_about()
    return _DONE


async def refresh(call: Call) -> dict[str, Any]:
    """`_refresh`, `_flush`, `_forcemerge`: everything written so far can be searched."""
    if call.index:
        _found(call)
    await call.store.refresh()
    return {"_shards": _SHARDS}


async def stats(call: Call) -> dict[str, Any]:
    """`_stats`: documents and bytes."""
    per_index = {g.name: _stats_of(g) for g in _found(call)}
    docs = sum(part["docs"]["count"] for part in per_index.values())
    size = sum(part["store"]["size_in_bytes"] for part in per_index.values())
    total = {"docs": {"count": docs, "deleted": 0}, "store": {"size_in_bytes": size}}
    indices = {name: {"primaries": part, "total": part} for name, part in per_index.items()}
    return {"_shards": _SHARDS, "_all": {"primaries": total, "total": total}, "indices": indices}


def _stats_of(generation: Generation) -> dict[str, Any]:
    return {"docs": {"count": generation.docs, "deleted": 0}, "store": {"size_in_bytes": generation.size_bytes()}}


# Data streams


async def create_stream(call: Call) -> dict[str, Any]:
    """`PUT _data_stream/<name>`."""
    name = call.path["name"]
    template = call.store.catalog.template_for(name)
    if template is None or "data_stream" not in template:
        raise bad_request(f"no matching index template found for data stream [{name}]")
    if name in call.store.catalog.stored.streams:
        raise bad_request(f"data_stream [{name}] already exists", "resource_already_exists_exception")
    call.store.catalog.rollover(name, now_ms=call.store.now_ms())
    return _DONE


async def get_streams(call: Call) -> dict[str, Any]:
    """`GET _data_stream[/<name>]`."""
    catalog = call.store.catalog
    wanted = call.path.get("name", "*")
    names = catalog.streams_matching(wanted)
    if not names and "*" not in wanted:
        raise index_not_found(wanted)
    return {"data_streams": [_stream(call, name) for name in names]}


def _stream(call: Call, name: str) -> dict[str, Any]:
    stored = call.store.catalog.stored
    indices = [
        {
            "index_name": index,
            "index_uuid": call.store.catalog.generations[index].uuid,
            "prefer_ilm": False,
            "managed_by": "Unmanaged",
        }
        for index in stored.streams[name]
    ]
    return {
        "name": name, "timestamp_field": {"name": "@timestamp"}, "indices": indices, "generation": len(indices),
        "status": "GREEN", "template": "logs", "hidden": False, "system": False, "replicated": False,
        "lifecycle": stored.lifecycles.get(name, {"enabled": True}),
    }  # fmt: skip


async def delete_streams(call: Call) -> dict[str, Any]:
    """`DELETE _data_stream/<name>` with all its indices."""
    catalog = call.store.catalog
    names = catalog.streams_matching(call.path["name"])
    if not names:
        raise index_not_found(call.path["name"])
    for name in names:
        generations = [catalog.generations[index] for index in catalog.stored.streams[name]]
        await call.store.drop(generations)
        del catalog.stored.streams[name]
    catalog.save()
    return _DONE


async def put_lifecycle(call: Call) -> dict[str, Any]:
    """`PUT _data_stream/<name>/_lifecycle {"data_retention": "7d"}`."""
    from pharos.durations import Duration

    body = await call.json()
    if "data_retention" in body:
        try:
            Duration.parse(str(body["data_retention"]))
        except ValueError as error:
            raise bad_request(f"failed to parse [data_retention]: {error}") from error
    for name in call.store.catalog.streams_matching(call.path["name"]):
        call.store.catalog.stored.lifecycles[name] = {"enabled": True, **body}
    call.store.catalog.save()
    return _DONE


async def rollover(call: Call) -> dict[str, Any]:
    """`POST <stream>/_rollover`: conditions are not looked at, it rolls."""
    catalog = call.store.catalog
    if call.index not in catalog.stored.streams:
        raise bad_request(f"rollover target [{call.index}] is not a data stream")
    old = catalog.stored.streams[call.index][-1]
    new = catalog.rollover(call.index, now_ms=call.store.now_ms())
    return {
        "acknowledged": True,
        "shards_acknowledged": True,
        "old_index": old,
        "new_index": new.name,
        "rolled_over": True,
        "dry_run": False,
        "conditions": {},
    }


# Templates, policies, aliases: kept, shown, and applied where the store has a use for them


def _kept(call: Call) -> dict[str, Any]:
    stored = call.store.catalog.stored
    kind = call.request.url.path.split("/")[1]
    return {
        "_index_template": stored.templates,
        "_component_template": stored.components,
        "_template": stored.templates,
    }.get(kind, stored.policies)


async def put_kept(call: Call) -> dict[str, Any]:
    """`PUT _index_template|_component_template|_ilm/policy|_ingest/pipeline/<name>`."""
    body = await call.json()
    if call.request.url.path.startswith("/_template/"):
        body = {
            "index_patterns": body.get("index_patterns", []),
            "template": {k: body[k] for k in ("settings", "mappings", "aliases") if k in body},
            "priority": body.get("order", 0),
        }
    _kept(call)[call.path["name"]] = body
    call.store.catalog.save()
    return _DONE


async def get_kept(call: Call) -> Any:
    """`GET` of the same."""
    name, kept = call.path.get("name", "*"), _kept(call)
    found = {key: value for key, value in kept.items() if fnmatch.fnmatchcase(key, name)}
    if not found and "*" not in name:
        raise ElasticError(404, "resource_not_found_exception", f"[{name}] not found")
    kind = call.request.url.path.split("/")[1]
    if kind in ("_index_template", "_component_template"):
        return {f"{kind[1:]}s": [{"name": key, kind[1:]: value} for key, value in found.items()]}
    return found


async def delete_kept(call: Call) -> dict[str, Any]:
    """`DELETE` of the same."""
    name, kept = call.path["name"], _kept(call)
    found = [key for key in kept if fnmatch.fnmatchcase(key, name)]
    if not found:
        raise ElasticError(404, "resource_not_found_exception", f"[{name}] missing")
    for key in found:
        del kept[key]
    call.store.catalog.save()
    return _DONE


async def kept_exists(call: Call) -> Response:
    return Response(status_code=200 if call.path["name"] in _kept(call) else 404)


async def change_aliases(call: Call) -> dict[str, Any]:
    """`POST _aliases`: add, remove, remove_index."""
    catalog = call.store.catalog
    for action in (await call.json()).get("actions", []):
        ((verb, spec),) = action.items()
        indices = spec.get("indices") or [spec.get("index")]
        names = spec.get("aliases") or [spec.get("alias")]
        generations = catalog.resolve(",".join(indices))
        if verb == "remove_index":
            await call.store.drop(generations)
        for alias in names if verb in ("add", "remove") else []:
            for generation in generations:
                _set_alias(call, alias, generation.name, spec, add=verb == "add")
    catalog.save()
    return _DONE


def _set_alias(call: Call, alias: str, index: str, spec: dict[str, Any], *, add: bool) -> None:
    aliases = call.store.catalog.stored.aliases
    if "filter" in spec:
        raise bad_request("[filter] of an alias is not supported by the Pharos log store")
    if add:
        kept = {key: spec[key] for key in ("is_write_index", "is_hidden") if key in spec}
        aliases.setdefault(alias, {})[index] = kept
    elif alias in aliases:
        aliases[alias].pop(index, None)
        if not aliases[alias]:
            del aliases[alias]


async def put_alias(call: Call) -> dict[str, Any]:
    """`PUT <index>/_alias/<name>`."""
    spec = await call.json()
    for generation in _found(call):
        _set_alias(call, call.path["name"], generation.name, spec, add=True)
    call.store.catalog.save()
    return _DONE


async def delete_alias(call: Call) -> dict[str, Any]:
    """`DELETE <index>/_alias/<name>`."""
    for generation in _found(call):
        _set_alias(call, call.path["name"], generation.name, {}, add=False)
    call.store.catalog.save()
    return _DONE


async def get_alias(call: Call) -> Any:
    """`GET [<index>]/_alias[/<name>]`."""
    pattern = call.path.get("name", "*")
    out = {}
    for generation in _found(call):
        chosen = {a: spec for a, spec in _aliases_of(call, generation).items() if fnmatch.fnmatchcase(a, pattern)}
        if chosen or "name" not in call.path:
            out[generation.name] = {"aliases": chosen}
    if not out and "name" in call.path and "*" not in pattern:
        return Status(404, {"error": f"alias [{pattern}] missing", "status": 404})
    return out


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


def created(generation: Generation) -> str:
    return iso(generation.created_ms)


_GET, _PUT = ["GET"], ["PUT", "POST"]
_KEPT = ("/_index_template", "/_component_template", "/_template", "/_ilm/policy", "/_ingest/pipeline")
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
    (_GET, "/_data_stream", get_streams),
    (_GET, "/_data_stream/{name}", get_streams),
    (["PUT"], "/_data_stream/{name}", create_stream),
    (["DELETE"], "/_data_stream/{name}", delete_streams),
    (["PUT"], "/_data_stream/{name}/_lifecycle", put_lifecycle),
    (["POST"], "/{index}/_rollover", rollover),
    *[(_GET, path, get_kept) for path in _KEPT],
    *[(_GET, path + "/{name}", get_kept) for path in _KEPT],
    *[(["HEAD"], path + "/{name}", kept_exists) for path in _KEPT],
    *[(_PUT, path + "/{name}", put_kept) for path in _KEPT],
    *[(["DELETE"], path + "/{name}", delete_kept) for path in _KEPT],
    (["POST"], "/_aliases", change_aliases),
    (_GET, "/_alias", get_alias),
    (_GET, "/_alias/{name}", get_alias),
    (_GET, "/{index}/_alias", get_alias),
    (_GET, "/{index}/_alias/{name}", get_alias),
    (_PUT, "/{index}/_alias/{name}", put_alias),
    (["DELETE"], "/{index}/_alias/{name}", delete_alias),
    (_GET, "/_resolve/index/{name}", resolve_index),
    (["GET", "POST"], "/_analyze", analyze),
    (["GET", "POST"], "/{index}/_analyze", analyze),
    (["HEAD"], "/{index}", index_exists),
    (_GET, "/{index}", get_index),
    (["PUT"], "/{index}", create_index),
    (["DELETE"], "/{index}", delete_index),
]
