"""Endpoints about aliases."""

import fnmatch
from typing import Any

from logstore.api.http import Call, Status, Table
from logstore.errors import bad_request
from logstore.generation import Generation

_DONE = {"acknowledged": True}


def aliases_of(call: Call, generation: Generation) -> dict[str, Any]:
    return {
        alias: spec[generation.name]
        for alias, spec in call.store.catalog.stored.aliases.items()
        if generation.name in spec
    }


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
    for generation in call.generations():
        _set_alias(call, call.path["name"], generation.name, spec, add=True)
    call.store.catalog.save()
    return _DONE


async def delete_alias(call: Call) -> dict[str, Any]:
    """`DELETE <index>/_alias/<name>`."""
    for generation in call.generations():
        _set_alias(call, call.path["name"], generation.name, {}, add=False)
    call.store.catalog.save()
    return _DONE


async def get_alias(call: Call) -> Any:
    """`GET [<index>]/_alias[/<name>]`."""
    pattern = call.path.get("name", "*")
    out = {}
    for generation in call.generations():
        chosen = {a: spec for a, spec in aliases_of(call, generation).items() if fnmatch.fnmatchcase(a, pattern)}
        if chosen or "name" not in call.path:
            out[generation.name] = {"aliases": chosen}
    if not out and "name" in call.path and "*" not in pattern:
        return Status(404, {"error": f"alias [{pattern}] missing", "status": 404})
    return out


_GET, _PUT = ["GET"], ["PUT", "POST"]
ROUTES: Table = [
    (["POST"], "/_aliases", change_aliases),
    (_GET, "/_alias", get_alias),
    (_GET, "/_alias/{name}", get_alias),
    (_GET, "/{index}/_alias", get_alias),
    (_GET, "/{index}/_alias/{name}", get_alias),
    (_PUT, "/{index}/_alias/{name}", put_alias),
    (["DELETE"], "/{index}/_alias/{name}", delete_alias),
]
