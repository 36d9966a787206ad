"""The table of routes, and what surrounds every handler: parameters in, errors and CORS headers out."""

import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from collector.api import admin, backtest, federate, query, rule_files, rules, series, status, targets
from collector.api.context import ApiContext
from collector.api.envelope import failure
from collector.api.errors import ApiError
from collector.api.parameters import Parameters, read_parameters
from collector.promql.errors import QueryError
from collector.storage.interface import TooManySamplesError
from pharos.http.middleware import BodyTooLargeError

logger = logging.getLogger(__name__)
Handler = Callable[[ApiContext, Request, Parameters], Awaitable[Response]]
PREFIX: Final = "/api/v1"
_GET: Final = ("GET",)
_FORM: Final = ("GET", "POST")
_WRITE: Final = ("POST", "PUT")

ROUTES: Final[tuple[tuple[str, Sequence[str], Handler], ...]] = (
    ("/query", _FORM, query.instant),
    ("/query_range", _FORM, query.range_),
    ("/query_exemplars", _FORM, query.exemplars),
    ("/format_query", _FORM, query.format_query),
    ("/parse_query", _FORM, query.parse_query),
    ("/series", (*_FORM, "DELETE"), series.series),
    ("/labels", _FORM, series.labels),
    ("/label/{name}/values", _GET, series.label_values),
    ("/metadata", _GET, targets.metadata),
    ("/targets", _GET, targets.targets),
    ("/targets/metadata", _GET, targets.target_metadata),
    ("/targets/relabel_steps", _GET, targets.relabel_steps),
    ("/scrape_pools", _GET, targets.scrape_pools),
    ("/rules", _GET, rules.rules),
    ("/rules/backtest", _FORM, backtest.run),
    ("/rules/files", _GET, rule_files.files),
    ("/rules/files/{name}", ("GET", "PUT", "DELETE"), rule_files.one_file),
    ("/alerts", _GET, rules.alerts),
    ("/alertmanagers", _GET, rules.alertmanagers),
    ("/status/config", _GET, status.config),
    ("/status/flags", _GET, status.flags),
    ("/status/runtimeinfo", _GET, status.runtimeinfo),
    ("/status/buildinfo", _GET, status.buildinfo),
    ("/status/tsdb", _GET, status.tsdb),
    ("/status/tsdb/blocks", _GET, status.tsdb_blocks),
    ("/status/walreplay", _GET, status.walreplay),
    ("/status/active_queries", _GET, status.active_queries),
    ("/status/active_queries/{id}", ("DELETE",), status.stop_query),
    ("/features", _GET, status.features),
    ("/notifications", _GET, status.notifications),
    ("/admin/tsdb/delete_series", _WRITE, admin.delete_series),
    ("/admin/tsdb/clean_tombstones", _WRITE, admin.clean_tombstones),
    ("/admin/tsdb/snapshot", _WRITE, admin.snapshot),
)
# What an agent has no use for: it stores nothing it could be asked about.
_NOT_FOR_AGENTS: Final = ("/query", "/series", "/label", "/rules", "/alert", "/admin", "/status/tsdb")


def api_routes(context: ApiContext) -> list[BaseRoute]:
    """All routes of the API, `/federate` included."""
    cors = Cors(context.settings.cors_origin)
    routes: list[BaseRoute] = []
    for path, methods, handler in ROUTES:
        if context.settings.agent and path.startswith(_NOT_FOR_AGENTS):
            handler = _unavailable  # noqa: PLW2901
        routes.append(_route(PREFIX + path, _endpoint(context, handler, cors), (*methods, "OPTIONS")))
    routes.append(_route("/federate", _endpoint(context, federate.federate), ("GET",)))
    return routes


def get_route(path: str, endpoint: Callable[[Request], Awaitable[Response]]) -> Route:
    """A page that takes GET and nothing else."""
    return _route(path, endpoint, ("GET",))


def _route(path: str, endpoint: Callable[[Request], Awaitable[Response]], methods: Sequence[str]) -> Route:
    """A route that takes just these methods: no HEAD, as in Prometheus."""
    route = Route(path, endpoint, methods=list(methods))
    route.methods = set(methods)
    return route


def _endpoint(
    context: ApiContext, handler: Handler, cors: "Cors | None" = None
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        if request.method == "OPTIONS" and cors is not None:
            return cors.mark(request, Response(status_code=204))
        if not context.state.ready and handler is not status.walreplay:
            return PlainTextResponse("Service Unavailable", 503)
        try:
            response = await handler(context, request, await read_parameters(request))
        except ApiError as error:
            response = failure(request, error)
        except QueryError as error:
            response = failure(request, ApiError(error.kind, str(error)))  # type: ignore[arg-type]
        except TooManySamplesError as error:
            response = failure(request, ApiError("execution", str(error)))
        except (BodyTooLargeError, ClientDisconnect, TimeoutError):
            raise
        except Exception as error:
            logger.exception("Request failed", extra={"path": request.url.path})
            response = failure(request, ApiError("internal", f"{type(error).__name__}: {error}"))
        return response if cors is None else cors.mark(request, response)

    return endpoint


async def _unavailable(context: ApiContext, request: Request, parameters: Parameters) -> Response:
    return PlainTextResponse("unavailable with Prometheus Agent\n", 422)


class Cors:
    """Cross-origin headers for origins that match a pattern."""

    def __init__(self, pattern: str) -> None:
        self._origin = re.compile(pattern)
        self._any = pattern == ".*"

    def mark(self, request: Request, response: Response) -> Response:
        """The response with its headers set."""
        response.headers.append("Vary", "Origin")
        origin = request.headers.get("origin", "")
        if origin and (self._any or self._origin.fullmatch(origin)):
            response.headers["Access-Control-Allow-Headers"] = "Accept, Authorization, Content-Type, Origin"
            response.headers["Access-Control-Allow-Methods"] = "GET, POST, OPTIONS"
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = "Date"
        return response
