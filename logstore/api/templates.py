"""Endpoints about templates, policies and pipelines: kept, shown, and applied where the store has a use for them."""

import fnmatch
from typing import Any

from starlette.responses import Response

from logstore.api.http import Call, Table
from logstore.errors import ElasticError

_DONE = {"acknowledged": True}


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


_GET, _PUT = ["GET"], ["PUT", "POST"]
_KEPT = ("/_index_template", "/_component_template", "/_template", "/_ilm/policy", "/_ingest/pipeline")
ROUTES: Table = [
    *[(_GET, path, get_kept) for path in _KEPT],
    *[(_GET, path + "/{name}", get_kept) for path in _KEPT],
    *[(["HEAD"], path + "/{name}", kept_exists) for path in _KEPT],
    *[(_PUT, path + "/{name}", put_kept) for path in _KEPT],
    *[(["DELETE"], path + "/{name}", delete_kept) for path in _KEPT],
]
