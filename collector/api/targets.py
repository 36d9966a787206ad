"""`/targets`, `/targets/metadata`, `/targets/relabel_steps`, `/scrape_pools`, `/metadata`."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from collector.api.context import ApiContext
from collector.api.envelope import success
from collector.api.errors import ApiError, bad_parameter
from collector.api.parameters import Parameters, any_selector


async def targets(context: ApiContext, request: Request, parameters: Parameters) -> Response:
    """`/api/v1/targets`"""
    state = parameters.text("state").lower()
    pool = parameters.text("scrapePool")
    show_active, show_dropped = state in ("", "any", "active"), state in ("", "any", "dropped")
    view = context.targets
    data: dict[str, Any] = {
        "activeTargets": view.active(pool) if show_active else [],
        "droppedTargets": view.dropped(pool) if show_dropped else [],
        "droppedTargetCounts": view.dropped_counts() if show_dropped else None,
    }
    return success(request, data)


async def scrape_pools(context: ApiContext, request: Request, parameters: Parameters) -> Response:
    """`/api/v1/scrape_pools`"""
    return success(request, {"scrapePools": sorted(context.targets.pools())})


async def relabel_steps(context: ApiContext, request: Request, parameters: Parameters) -> Response:
    """`/api/v1/targets/relabel_steps`: what each relabelling rule makes of a target's labels."""
    import orjson

    try:
        labels = orjson.loads(parameters.text("labels"))
    except orjson.JSONDecodeError as error:
        raise bad_parameter("labels", error) from error
    pool = parameters.text("scrapePool")
    if pool not in context.targets.pools():
        raise ApiError("bad_data", f"scrape pool {pool!r} not found")
    return success(request, context.targets.relabel_steps(pool, {str(k): str(v) for k, v in dict(labels).items()}))


async def target_metadata(context: ApiContext, request: Request, parameters: Parameters) -> Response:
    """`/api/v1/targets/metadata`"""
    limit = _count(parameters, "limit")
    wanted = parameters.text("match_target")
    matchers = []
    if wanted:
        try:
            matchers = any_selector(wanted, "match_target")
        except ApiError as error:
            raise ApiError("bad_data", error.message) from error
    metric = parameters.text("metric")
    out: list[dict[str, Any]] = []
    for labels, name, kind, help_text, unit in context.targets.metadata():
        if limit >= 0 and len(out) >= limit:
            break
        if (metric and name != metric) or not all(matcher.matches(labels) for matcher in matchers):
            continue
        row = {"target": labels, "type": kind, "help": help_text, "unit": unit}
        out.append(row if metric else {**row, "metric": name})
    return success(request, out)


async def metadata(context: ApiContext, request: Request, parameters: Parameters) -> Response:
    """`/api/v1/metadata`: type, help and unit of metrics, each distinct text once."""
    limit, per_metric = _count(parameters, "limit"), _count(parameters, "limit_per_metric")
    wanted = parameters.text("metric")
    found: dict[str, list[dict[str, str]]] = {}
    for _, name, kind, help_text, unit in context.targets.metadata():
        if wanted and name != wanted:
            continue
        if name not in found and 0 <= limit <= len(found):
            continue
        row = {"type": kind, "help": help_text, "unit": unit}
        rows = found.setdefault(name, [])
        if row not in rows and not (0 < per_metric <= len(rows)):
            rows.append(row)
    return success(request, found)


def _count(parameters: Parameters, name: str) -> int:
    """How many at most; below 0 for all. Raises `ApiError`."""
    try:
        return parameters.whole(name, -1)
    except ApiError as error:
        raise ApiError("bad_data", f"{name} must be a number") from error
