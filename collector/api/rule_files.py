"""`/rules/files`: rule files by HTTP, behind `--web.enable-rules-api`. Ours; Prometheus takes rules from files only."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from collector.api.context import ApiContext
from collector.api.envelope import success
from collector.api.errors import ApiError
from collector.api.numbers import rfc3339
from collector.api.parameters import Parameters
from collector.config import parse_rules
from collector.rules.files import RuleFolder
from collector.rules.loader import GroupLoader
from pharos.config import ConfigError


def _folder(context: ApiContext) -> RuleFolder:
    if context.rule_folder is None:
        raise ApiError("unavailable", "the rules API is disabled")
    return context.rule_folder


async def files(context: ApiContext, request: Request, parameters: Parameters) -> Response:
    """`GET /api/v1/rules/files`"""
    rows = [
        {"name": one.name, "changed": rfc3339(one.changed_s), "versions": one.versions}
        for one in _folder(context).infos()
    ]
    return success(request, {"files": rows})


async def one_file(context: ApiContext, request: Request, parameters: Parameters) -> Response:
    """`GET`, `PUT` and `DELETE /api/v1/rules/files/<name>`"""
    folder, name = _folder(context), str(request.path_params["name"])
    try:
        if request.method == "GET":
            return PlainTextResponse(folder.read(name), media_type="application/yaml")
        before = folder.read(name) if (folder.folder / name).exists() else None
        if request.method == "DELETE":
            folder.delete(name, context.clock.now())
        else:
            text = (await request.body()).decode()
            _check(context, text, name)
            folder.write(name, text, context.clock.now())
    except FileNotFoundError as error:
        raise ApiError("not_found", f"no rule file {name!r}") from error
    except ValueError as error:
        raise ApiError("bad_data", str(error)) from error
    await _take(context, folder, name, before)
    return success(request, {"name": name})


def _check(context: ApiContext, text: str, name: str) -> None:
    GroupLoader(context.engine.parse).groups(parse_rules(text, name), name)


async def _take(context: ApiContext, folder: RuleFolder, name: str, before: str | None) -> None:
    """Reload; when the whole is not good, put back what was there."""
    assert context.reload is not None
    try:
        await context.reload()
    except ConfigError as error:
        if before is None:
            folder.delete(name, context.clock.now())
        else:
            folder.write(name, before, context.clock.now())
        raise ApiError("bad_data", f"the configuration with it cannot be used: {error}") from error
