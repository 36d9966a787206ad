"""`/status/*`, `/features`, `/notifications`: what the server says about itself."""

import os
import platform
import socket
import threading
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from collector.api.context import ApiContext
from collector.api.envelope import success
from collector.api.errors import ApiError
from collector.api.numbers import rfc3339
from collector.api.parameters import Parameters
from collector.promql.parser.signatures import SIGNATURES
from pharos import __version__


async def config(context: ApiContext, request: Request, parameters: Parameters) -> Response:
    """`/api/v1/status/config`"""
    return success(request, {"yaml": context.state.config.text})


async def flags(context: ApiContext, request: Request, parameters: Parameters) -> Response:
    """`/api/v1/status/flags`"""
    return success(request, context.settings.flags)


async def runtimeinfo(context: ApiContext, request: Request, parameters: Parameters) -> Response:
    """`/api/v1/status/runtimeinfo`: Prometheus's fields, with the nearest thing where Go has one that Python has not."""
    state = context.state
    data = {
        "startTime": rfc3339(state.started_s),
        "CWD": os.getcwd(),
        "hostname": socket.gethostname(),
        "serverTime": rfc3339(context.clock.now()),
        "reloadConfigSuccess": state.config_ok,
        "lastConfigTime": rfc3339(int(state.config_loaded_s)),
        "corruptionCount": 0,
        "goroutineCount": threading.active_count(),
        "GOMAXPROCS": os.cpu_count() or 1,
        "GOMEMLIMIT": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        "GOGC": "",
        "GODEBUG": "",
        "storageRetention": context.settings.retention,
    }
    return success(request, data)


async def buildinfo(context: ApiContext, request: Request, parameters: Parameters) -> Response:
    """`/api/v1/status/buildinfo`"""
    return success(request, build_info())


def build_info() -> dict[str, str]:
    """Clients such as Grafana read the version to know what a Prometheus can do: ours speaks 3.5's API."""
    return {
        "version": "3.5.0",
        "revision": f"pharos-{__version__}",
        "branch": "pharos",
        "buildUser": "",
        "buildDate": "",
        "goVersion": f"python{platform.python_version()}",
        "application": "pharos",
        "pharosVersion": __version__,
    }


async def tsdb(context: ApiContext, request: Request, parameters: Parameters) -> Response:
    """`/api/v1/status/tsdb`"""
    try:
        limit = parameters.whole("limit", 10)
    except ApiError:
        limit = 0
    if not 1 <= limit <= 10_000:
        raise ApiError("bad_data", "limit must be a positive number" if limit < 1 else "limit must not exceed 10000")
    stats = await context.runner.call(lambda: context.storage.stats(limit))
    head = {
        "numSeries": stats.num_series,
        "numLabelPairs": stats.num_label_pairs,
        "chunkCount": stats.chunk_count,
        "minTime": stats.min_time,
        "maxTime": stats.max_time,
    }
    lists = {
        "seriesCountByMetricName": stats.series_by_metric,
        "labelValueCountByLabelName": stats.values_by_label,
        "memoryInBytesByLabelName": stats.memory_by_label,
        "seriesCountByLabelValuePair": stats.series_by_pair,
    }
    shown = {key: [{"name": row.name, "value": row.value} for row in rows] for key, rows in lists.items()}
    return success(request, {"headStats": head, **shown})


async def tsdb_blocks(context: ApiContext, request: Request, parameters: Parameters) -> Response:
    """`/api/v1/status/tsdb/blocks`"""
    blocks = await context.runner.call(context.storage.blocks)
    rows = [
        {
            "ulid": block.ulid,
            "minTime": block.min_time,
            "maxTime": block.max_time,
            "stats": {
                "numSamples": block.num_samples,
                "numSeries": block.num_series,
                "numChunks": block.num_chunks,
                "sizeBytes": block.size_bytes,
            },
            "compaction": {"level": block.level, "sources": list(block.sources)},
            "resolution": block.resolution_ms,
        }
        for block in blocks
    ]
    return success(request, {"blocks": rows})


async def walreplay(context: ApiContext, request: Request, parameters: Parameters) -> Response:
    """`/api/v1/status/walreplay`"""
    status = context.storage.replay_status()
    return success(request, {"min": status.minimum, "max": status.maximum, "current": status.current})


async def active_queries(context: ApiContext, request: Request, parameters: Parameters) -> Response:
    """`/api/v1/status/active_queries`: what waits and runs now. Ours; Prometheus only has a log."""
    now = context.clock.now()
    rows: list[dict[str, Any]] = [
        {
            "id": query.number,
            "query": query.text,
            "client": query.client,
            "startTime": rfc3339(query.started_at),
            "queuedSeconds": round(query.queue_s, 3),
            "runningSeconds": round(max(0.0, now - query.started_at), 3) if query.started_at else 0.0,
        }
        for query in context.runner.active
    ]
    return success(request, {"queries": rows})


async def stop_query(context: ApiContext, request: Request, parameters: Parameters) -> Response:
    """`DELETE /api/v1/status/active_queries/<id>`"""
    number = str(request.path_params["id"])
    if not number.isdigit() or not context.runner.cancel(int(number)):
        raise ApiError("not_found", f"no active query with id {number}")
    return success(request, {"stopped": int(number)})


async def features(context: ApiContext, request: Request, parameters: Parameters) -> Response:
    """`/api/v1/features`: what is switched on."""
    on = context.settings.features
    data = {
        "api": {
            "columns": True,
            "query_stats": True,
            "query_warnings": True,
            "admin": context.settings.admin,
            "remote_write_receiver": context.settings.flags.get("web.enable-remote-write-receiver") == "true",
            "lifecycle": context.settings.flags.get("web.enable-lifecycle") == "true",
        },
        "promql_functions": {
            name: not signature.experimental or "promql-experimental-functions" in on
            for name, signature in sorted(SIGNATURES.items())
        },
        "promql": {
            name.removeprefix("promql-").replace("-", "_"): True for name in sorted(on) if name.startswith("promql-")
        },
        "prometheus": {name.replace("-", "_"): True for name in sorted(on)},
        "rules": {"concurrent_rule_eval": True, "keep_firing_for": True, "query_offset": True, "backtest": True},
    }
    return success(request, data)


async def notifications(context: ApiContext, request: Request, parameters: Parameters) -> Response:
    """`/api/v1/notifications`"""
    rows = [{"text": note.text, "date": rfc3339(note.since_s), "active": True} for note in context.state.notifications]
    return success(request, rows)
