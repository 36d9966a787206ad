"""`/admin/tsdb/*`: deleting series, cleaning up, snapshots. Only with `--web.enable-admin-api`."""

from starlette.requests import Request
from starlette.responses import Response

from collector.api.context import ApiContext
from collector.api.envelope import success
from collector.api.errors import ApiError, bad_parameter
from collector.api.parameters import MAX_MS, MIN_MS, Parameters


def _allowed(context: ApiContext) -> None:
    if not context.settings.admin:
        raise ApiError("unavailable", "admin APIs disabled")


async def delete_series(context: ApiContext, request: Request, parameters: Parameters) -> Response:
    """`POST|PUT /api/v1/admin/tsdb/delete_series`"""
    _allowed(context)
    if not parameters.texts("match[]"):
        raise ApiError("bad_data", "no match[] parameter provided")
    start, end = parameters.time("start", MIN_MS), parameters.time("end", MAX_MS)
    selectors = parameters.matchers()
    for matchers in selectors:
        context.storage.delete_series(matchers, start, end)
    return Response(status_code=204)


async def clean_tombstones(context: ApiContext, request: Request, parameters: Parameters) -> Response:
    """`POST|PUT /api/v1/admin/tsdb/clean_tombstones`"""
    _allowed(context)
    await context.runner.call(context.storage.clean_tombstones)
    return Response(status_code=204)


async def snapshot(context: ApiContext, request: Request, parameters: Parameters) -> Response:
    """`POST|PUT /api/v1/admin/tsdb/snapshot`"""
    _allowed(context)
    text = parameters.text("skip_head")
    try:
        skip_head = parameters.flag("skip_head") if text else False
    except ApiError as error:
        raise bad_parameter("skip_head", f"unable to parse boolean: {error.message.split(': ', 1)[1]}") from error
    name = await context.runner.call(lambda: context.storage.snapshot(skip_head=skip_head))
    return success(request, {"name": name})
