"""The table of the JSON API. Whatever else begins with `/api/` is a JSON 404, never a page."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from dashboards.api.catalog import CatalogApi
from dashboards.api.logs import LogsApi
from dashboards.api.proxy import ProxyApi
from dashboards.api.query import QueryApi
from dashboards.api.variables import VariablesApi
from dashboards.services import Services


def api_routes(services: Services) -> list[BaseRoute]:
    """All routes, the catch-all last."""
    catalog = CatalogApi(services.store, services.sources)
    return [
        Route("/api/health", catalog.health),
        Route("/api/ds/query", QueryApi(services).handle, methods=["POST"]),
        Route("/api/logs/search", LogsApi(services.sources, services.clock).search, methods=["POST"]),
        Route("/api/datasources", catalog.datasources),
        Route(
            "/api/datasources/proxy/uid/{uid}/{path:path}",
            ProxyApi(services.sources).handle,
            methods=["GET", "POST", "DELETE"],
        ),
        Route("/api/search", catalog.search),
        Route("/api/dashboards/uid/{uid}", catalog.dashboard),
        Route("/api/dashboards/uid/{uid}/export", catalog.export),
        Route(
            "/api/dashboards/variables",
            VariablesApi(services.store, services.sources, services.clock).handle,
            methods=["POST"],
        ),
        Route("/api/{path:path}", _unknown, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
    ]


async def _unknown(request: Request) -> Response:
    return JSONResponse({"error": f"unknown endpoint {request.url.path}", "message": "Not found"}, 404)
