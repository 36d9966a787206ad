"""Endpoints about the store as a whole: `/`, _cluster, _cat, _nodes, _license; and the refusal of what is not there."""

from typing import Any, Final

from starlette.responses import PlainTextResponse

from logstore.api.http import Call, Table
from logstore.errors import ElasticError
from logstore.generation import Generation
from logstore.timestamps import iso
from pharos import __version__

SPOKEN_VERSION: Final = "9.1.0"
"""The version of Elasticsearch whose API this is a subset of; clients look at the major."""
ALL_METHODS: Final = ["GET", "HEAD", "POST", "PUT", "DELETE"]


async def root(call: Call) -> dict[str, Any]:
    """`GET|HEAD /`."""
    return {
        "name": "pharos",
        "cluster_name": "pharos-logstore",
        "cluster_uuid": call.store.uuid,
        "version": {
            "number": SPOKEN_VERSION, "build_flavor": "default", "build_type": "pharos", "build_hash": __version__,
            "build_date": "2026-01-01T00:00:00Z", "build_snapshot": False, "lucene_version": "10.2.0",
            "minimum_wire_compatibility_version": "8.19.0", "minimum_index_compatibility_version": "8.0.0",
        },
        "tagline": "You Know, for Search",
    }  # fmt: skip


async def health(call: Call) -> dict[str, Any]:
    """`_cluster/health`."""
    indices = len(call.store.catalog.generations)
    red = call.store.ingest.failure is not None
    return {
        "cluster_name": "pharos-logstore", "status": "red" if red else "green", "timed_out": False, "number_of_nodes": 1,
        "number_of_data_nodes": 1, "active_primary_shards": indices, "active_shards": indices, "relocating_shards": 0,
        "initializing_shards": 0, "unassigned_shards": 0, "delayed_unassigned_shards": 0, "number_of_pending_tasks": 0,
        "number_of_in_flight_fetch": 0, "task_max_waiting_in_queue_millis": 0, "active_shards_percent_as_number": 100.0,
    }  # fmt: skip


def _table(call: Call, rows: list[dict[str, Any]], columns: list[str]) -> Any:
    """A `_cat` answer: text columns, or JSON with `format=json`."""
    columns = [part.strip() for part in call.params["h"].split(",")] if "h" in call.params else columns
    for key in reversed([part for part in call.params.get("s", "").split(",") if part]):
        name, _, direction = key.partition(":")
        rows.sort(key=lambda row: row.get(name) or "", reverse=direction == "desc")
    if call.params.get("format") == "json" or "json" in call.request.headers.get("accept", "").split(",")[0]:
        return [{column: row[column] for column in columns if column in row} for row in rows]
    lines = [[str(row.get(column, "")) for column in columns] for row in rows]
    if "v" in call.params:
        lines.insert(0, columns)
    widths = [max((len(line[at]) for line in lines), default=0) for at in range(len(columns))]
    text = "".join(
        " ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() + "\n" for line in lines
    )
    return PlainTextResponse(text)


def _size(count: int, unit: str | None) -> str:
    if unit:
        return str(count // {"b": 1, "kb": 1024, "mb": 1024**2, "gb": 1024**3}.get(unit, 1))
    amount = float(count)
    for name in ("b", "kb", "mb", "gb"):
        if amount < 1024:
            return f"{amount:.1f}{name}" if name != "b" else f"{int(amount)}b"
        amount /= 1024
    return f"{amount:.1f}tb"


def _index_row(call: Call, generation: Generation) -> dict[str, Any]:
    size = _size(generation.size_bytes(), call.params.get("bytes"))
    return {
        "health": "green", "status": "open", "index": generation.name, "uuid": generation.uuid, "pri": "1", "rep": "0",
        "docs.count": str(generation.docs), "docs.deleted": "0", "store.size": size, "pri.store.size": size,
        "dataset.size": size, "creation.date": str(generation.created_ms),
        "creation.date.string": iso(generation.created_ms),
    }  # fmt: skip


async def cat_indices(call: Call) -> Any:
    """`_cat/indices`: the backing indices of data streams too."""
    expression = call.index
    hidden = not expression or expression in ("*", "_all")
    generations = list(call.store.catalog.generations.values()) if hidden else call.store.catalog.resolve(expression)
    await call.store.ingest.before_search(generations)
    rows = [_index_row(call, generation) for generation in sorted(generations, key=lambda g: g.name)]
    return _table(
        call,
        rows,
        [
            "health",
            "status",
            "index",
            "uuid",
            "pri",
            "rep",
            "docs.count",
            "docs.deleted",
            "store.size",
            "pri.store.size",
            "dataset.size",
        ],
    )


async def cat_health(call: Call) -> Any:
    """`_cat/health`."""
    answer = await health(call)
    ms = call.store.now_ms()
    row = {
        "epoch": str(ms // 1000), "timestamp": iso(ms)[11:19], "cluster": answer["cluster_name"],
        "status": answer["status"], "node.total": "1", "node.data": "1", "shards": str(answer["active_shards"]),
        "pri": str(answer["active_shards"]), "relo": "0", "init": "0", "unassign": "0", "pending_tasks": "0",
        "max_task_wait_time": "-", "active_shards_percent": "100.0%",
    }  # fmt: skip
    return _table(call, [row], list(row))


async def cat_count(call: Call) -> Any:
    """`_cat/count`."""
    ms = call.store.now_ms()
    total = await call.store.count(call.index, None)
    row = {"epoch": str(ms // 1000), "timestamp": iso(ms)[11:19], "count": str(total)}
    return _table(call, [row], list(row))


async def cat_aliases(call: Call) -> Any:
    """`_cat/aliases`."""
    rows = [
        {
            "alias": alias,
            "index": index,
            "filter": "-",
            "routing.index": "-",
            "routing.search": "-",
            "is_write_index": "-",
        }
        for alias, indices in call.store.catalog.stored.aliases.items()
        for index in indices
    ]
    return _table(call, rows, ["alias", "index", "filter", "routing.index", "routing.search", "is_write_index"])


async def cat_templates(call: Call) -> Any:
    """`_cat/templates`."""
    rows = [
        {
            "name": name,
            "index_patterns": str(body.get("index_patterns")),
            "order": str(body.get("priority", 0)),
            "version": "",
            "composed_of": str(body.get("composed_of", [])),
        }
        for name, body in call.store.catalog.stored.templates.items()
    ]
    return _table(call, rows, ["name", "index_patterns", "order", "version", "composed_of"])


async def nodes(call: Call) -> dict[str, Any]:
    """`_nodes`: one node."""
    info = {
        "name": "pharos",
        "version": SPOKEN_VERSION,
        "roles": ["data", "ingest", "master"],
        "http": {"publish_address": str(call.request.url.netloc)},
    }
    return {
        "_nodes": {"total": 1, "successful": 1, "failed": 0},
        "cluster_name": "pharos-logstore",
        "nodes": {call.store.uuid: info},
    }


async def licence(call: Call) -> dict[str, Any]:
    """`_license`: clients look whether there is one."""
    return {"license": {"status": "active", "uid": call.store.uuid, "type": "basic", "issued_to": "pharos"}}


async def xpack(_: Call) -> dict[str, Any]:
    """`_xpack`: nothing of it."""
    return {"build": {"hash": __version__}, "license": {"type": "basic", "status": "active"}, "features": {}}


async def unknown(call: Call) -> Any:
    """Whatever is not served."""
    path = call.request.url.path
    raise ElasticError(
        400, "unsupported_operation_exception", f"{call.method} [{path}] is not supported by the Pharos log store"
    )


_GET = ["GET", "HEAD"]
ROUTES: Table = [
    (_GET, "/", root),
    (_GET, "/_cluster/health", health),
    (_GET, "/_cluster/health/{index}", health),
    (_GET, "/_cat/indices", cat_indices),
    (_GET, "/_cat/indices/{index}", cat_indices),
    (_GET, "/_cat/health", cat_health),
    (_GET, "/_cat/count", cat_count),
    (_GET, "/_cat/count/{index}", cat_count),
    (_GET, "/_cat/aliases", cat_aliases),
    (_GET, "/_cat/templates", cat_templates),
    (_GET, "/_nodes", nodes),
    (_GET, "/_nodes/{what:path}", nodes),
    (_GET, "/_license", licence),
    (_GET, "/_xpack", xpack),
]
