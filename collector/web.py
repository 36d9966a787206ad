"""What a browser finds at the collector's own address: a start page, and a plain page for an expression, which links in alerts lead to."""

import inspect
from collections.abc import Callable, Sequence
from html import escape
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from collector.api.context import ServerSettings
from collector.api.routes import PREFIX, Cors, get_route
from collector.api.status import build_info

_PAGE: Final = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body{{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#1c2430;background:#fff}}
@media(prefers-color-scheme:dark){{body{{color:#d7dde6;background:#14181f}}input,pre{{background:#1d232d;color:inherit}}a{{color:#7db2ff}}}}
input{{width:100%;font:14px ui-monospace,monospace;padding:.5rem;box-sizing:border-box}}pre{{padding:1rem;overflow:auto}}
td{{padding:.1rem 1rem .1rem 0;font:13px ui-monospace,monospace;vertical-align:top}}</style></head><body><h1>{title}</h1>
<form id="f"><label>Expression <input id="q" name="g0.expr" autocomplete="off" value="{expr}"></label></form><table id="r"></table>
<p><a href="{prefix}/api/v1/targets">targets</a> · <a href="{prefix}/api/v1/rules">rules</a> · <a href="{prefix}/api/v1/alerts">alerts</a>
 · <a href="{prefix}/api/v1/status/config">configuration</a> · <a href="{prefix}/metrics">metrics</a></p><script>
const show=async()=>{{const q=document.getElementById('q').value,r=document.getElementById('r');if(!q)return;
const a=await(await fetch('{prefix}/api/v1/query?limit=1000&query='+encodeURIComponent(q))).json();r.replaceChildren();
const row=(...c)=>{{const t=r.insertRow();for(const x of c)t.insertCell().textContent=x}};if(a.status!=='success')return row(a.error);
const d=a.data;if(d.resultType==='scalar'||d.resultType==='string')return row(d.result[1]);if(!d.result.length)row('no data');
for(const s of d.result){{const n=s.metric.__name__||'',l=Object.entries(s.metric).filter(([k])=>k!=='__name__').map(([k,v])=>k+'='+JSON.stringify(v));
row(n+(l.length||!n?'{{'+l.join(', ')+'}}':''),s.value?s.value[1]:JSON.stringify(s.values||s.histogram||s.histograms))}}}};
document.getElementById('f').onsubmit=e=>{{e.preventDefault();show()}};show()</script></body></html>"""


class Site:
    """The application behind the server, below a path prefix. `routes` comes once everything is built."""

    def __init__(self, prefix: str, cors: Cors) -> None:
        self._prefix, self._cors = prefix, cors
        self._app = Starlette()
        self._direct: dict[tuple[str, str], ASGIApp] = {}

    def routes(self, routes: Sequence[BaseRoute]) -> None:
        """`routes` decide from now on. Paths without parameters are looked up instead of searched for: an eighth of a small query's time."""
        self._app = Starlette(routes=routes, exception_handlers={404: self._refuse, 405: self._refuse})
        self._app.router.redirect_slashes = False
        plain = [route for route in routes if isinstance(route, Route) and "{" not in route.path]
        self._direct = {
            (method, route.path): _direct(route)
            for route in reversed(plain)
            for method in route.methods or ()
            if method != "HEAD"
        }

    async def _refuse(self, request: Request, error: Exception) -> Response:
        """No such page, or not by this method; OPTIONS is answered everywhere."""
        assert isinstance(error, HTTPException)
        if request.method == "OPTIONS" and request.url.path.startswith(f"{PREFIX}/"):
            return self._cors.mark(request, Response(status_code=204))
        if error.status_code == 404:
            return PlainTextResponse("404 page not found\n", 404)
        methods = {name.strip() for name in (error.headers or {}).get("Allow", "").split(",")}
        allow = {"Allow": ", ".join(sorted(methods | {"OPTIONS"}))}
        if request.method == "OPTIONS":
            return Response(headers=allow)
        return PlainTextResponse("Method Not Allowed\n", 405, allow)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if self._prefix and scope["type"] == "http":
            if path == "/":
                await RedirectResponse(f"{self._prefix}/", 302)(scope, receive, send)
                return
            if path != self._prefix and not path.startswith(f"{self._prefix}/"):
                await PlainTextResponse("404 page not found\n", 404)(scope, receive, send)
                return
            scope = {**scope, "path": path[len(self._prefix) :] or "/"}
        app = self._direct.get((scope.get("method", ""), scope.get("path", "")), self._app)
        await app(scope, receive, send)


def _direct(route: Route) -> ASGIApp:
    """What a route calls. A coroutine is called without starlette's layer around it, which is there for errors that `Guard` answers as well."""
    endpoint = route.endpoint
    if not inspect.iscoroutinefunction(endpoint):
        return route.app

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        response: Response = await endpoint(Request(scope, receive, send))
        await response(scope, receive, send)

    return app


def start_page_routes(settings: ServerSettings, prefix: str, stop: Callable[[], None] | None) -> list[BaseRoute]:
    """`/`, `/graph`, `/query`, and `/-/quit` when the life cycle may be steered."""

    async def page(request: Request) -> Response:
        text = _PAGE.format(
            title=escape(settings.page_title), expr=escape(request.query_params.get("g0.expr", "")), prefix=prefix
        )
        return HTMLResponse(text)

    async def to_query(request: Request) -> Response:
        target = f"{prefix}/query" + (f"?{request.url.query}" if request.url.path.endswith("/graph") else "")
        return HTMLResponse(f'<a href="{escape(target)}">Found</a>.\n\n', 302, {"Location": target})

    async def version(_: Request) -> Response:
        return JSONResponse(build_info())

    async def quit_(_: Request) -> Response:
        if stop is None:
            return PlainTextResponse("Lifecycle API is not enabled.\n", 403)
        stop()
        return PlainTextResponse("Requesting termination... Goodbye!")

    return [
        get_route("/", to_query),
        get_route("/graph", to_query),
        get_route("/query", page),
        get_route("/version", version),
        Route("/-/quit", quit_, methods=["POST", "PUT"]),
    ]
