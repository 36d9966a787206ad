"""Endpoints about data streams: create, show, delete, roll over, how long to keep."""

from typing import Any

from logstore.api.http import Call, Table
from logstore.errors import bad_request, index_not_found

_DONE = {"acknowledged": True}


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


_GET = ["GET"]
ROUTES: Table = [
    (_GET, "/_data_stream", get_streams),
    (_GET, "/_data_stream/{name}", get_streams),
    (["PUT"], "/_data_stream/{name}", create_stream),
    (["DELETE"], "/_data_stream/{name}", delete_streams),
    (["PUT"], "/_data_stream/{name}/_lifecycle", put_lifecycle),
    (["POST"], "/{index}/_rollover", rollover),
]
