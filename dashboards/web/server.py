"""One FastAPI application: our routes first, Dash's after them, and a page for every path that no route takes."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

import dash
from dash.backends._fastapi import reset_current_request, set_current_request
from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from dashboards.pages import page_of
from dashboards.services import Services
from dashboards.web.headers import SecurityHeaders, content_security_policy
from dashboards.web.static import StaticFiles
from dashboards.web.ui import build_layout, register_callbacks

INDEX = """<!DOCTYPE html>
<html data-theme="dark" data-mantine-color-scheme="dark">
<head>
{%metas%}
<title>{%title%}</title>
<link rel="icon" type="image/svg+xml" href="@icon@">
<link rel="stylesheet" href="@css@">
<script src="@boot@"></script>
<link data-plotly rel="preload" as="script" href="@plotly@">
<link rel="preload" as="fetch" href="/_dash-layout" crossorigin="anonymous">
<link rel="preload" as="fetch" href="/_dash-dependencies" crossorigin="anonymous">
</head>
<body>
{%app_entry%}
{%config%}
{%scripts%}
<script src="@js@"></script>
{%renderer%}
</body>
</html>"""


_INDEX_FILES = {
    "icon": "icon.svg",
    "css": "pharos.css",
    "boot": "boot.js",
    "js": "pharos.js",
    "plotly": "plotly.min.js",
}


# Dash brings what browsers of 2015 lack, which slows down `parseFloat` and `trim` of those that lack nothing, and its own table.
_UNWANTED = ("/polyfill@", "/dash_table/")


class _LeanDash(dash.Dash):
    """Dash without the scripts that nothing here needs."""

    def _generate_scripts_html(self) -> str:
        scripts: str = super()._generate_scripts_html()
        return "\n".join(line for line in scripts.split("\n") if not any(name in line for name in _UNWANTED))


class UiApp:
    """The ASGI application. `mount` fills in the routes, because some of them belong to the server that carries it."""

    def __init__(self, services: Services, routes: Callable[[], Sequence[BaseRoute]]) -> None:
        self._services, self._routes = services, routes
        self._static = StaticFiles()
        self._policy = ""
        self.api = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
        self.asgi = SecurityHeaders(GZipMiddleware(self.api, minimum_size=1024, compresslevel=4), lambda: self._policy)
        self._dash: dash.Dash | None = None

    def mount(self) -> None:
        """Register everything in order of precedence."""
        self.api.router.routes.extend([*self._routes(), self._static.route(), Route("/_favicon.ico", self._icon)])
        index = INDEX
        for name, file in _INDEX_FILES.items():
            index = index.replace(f"@{name}@", self._static.url(file))
        self._dash = _LeanDash(
            "pharos",
            server=self.api,  # type: ignore[arg-type]
            title="Pharos",
            update_title="",
            index_string=index,
            assets_folder="/nonexistent",
            suppress_callback_exceptions=True,
            compress=False,
            add_log_handler=False,
            enable_mcp=False,
        )
        self._dash.backend.websocket_capability = False  # callbacks go over HTTP; no script needs to try a socket first
        self._dash.logger.setLevel(logging.WARNING)
        self._dash.layout = build_layout()
        register_callbacks(self._dash, self._services)
        self.api.add_api_route("/{path:path}", self._page, methods=["GET"], include_in_schema=False)
        self._policy = content_security_policy(self._dash.csp_hashes())

    async def _page(self, request: Request) -> Response:
        assert self._dash is not None
        token = set_current_request(request)  # type: ignore[no-untyped-call]
        try:
            content: Any = self._dash.index()  # type: ignore[no-untyped-call]
        finally:
            reset_current_request(token)  # type: ignore[no-untyped-call]
        page = page_of(request.url.path)
        if page is None or not page.charts:  # others may be visited next: then it is there, but nothing waits for it
            content = content.replace('data-plotly rel="preload"', 'data-plotly rel="prefetch"')
        status = 200 if page else 404
        return Response(content, status, media_type="text/html", headers={"Cache-Control": "no-cache"})

    async def _icon(self, _: Request) -> Response:
        return Response(status_code=308, headers={"Location": self._static.url("icon.svg")})


def build_app(services: Services, routes: Callable[[], Sequence[BaseRoute]]) -> UiApp:
    """The application, not yet mounted."""
    return UiApp(services, routes)
