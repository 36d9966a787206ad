"""Reading dashboards and data sources: `/api/search`, `/api/dashboards/uid/<uid>`, `/api/datasources`, `/api/health`, as Grafana answers them."""

import asyncio

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dashboards import __version__
from dashboards.model.store import DashboardStore
from dashboards.sources.set import SourceSet


class CatalogApi:
    """Lists for scripts and for links between dashboards."""

    def __init__(self, store: DashboardStore, sources: SourceSet) -> None:
        self._store, self._sources = store, sources

    async def health(self, _: Request) -> Response:
        return JSONResponse({"database": "ok", "version": __version__})

    async def search(self, request: Request) -> Response:
        parameters = request.query_params
        found = self._store.search(parameters.get("query", ""), parameters.getlist("tag"))
        return JSONResponse(
            [
                {
                    "uid": d.uid,
                    "title": d.title,
                    "url": d.path,
                    "type": "dash-db",
                    "tags": list(d.tags),
                    "folderTitle": d.origin,
                }
                for d in found
            ]
        )

    async def dashboard(self, request: Request) -> Response:
        dashboard = self._store.get(request.path_params["uid"])
        if dashboard is None:
            return JSONResponse({"message": "Dashboard not found"}, 404)
        meta = {
            "slug": dashboard.slug,
            "url": dashboard.path,
            "provisioned": True,
            "canSave": False,
            "notes": list(self._store.reports.get(dashboard.uid, ())),
        }
        body = orjson.dumps({"dashboard": dashboard.raw, "meta": meta})
        return Response(body, media_type="application/json")

    async def export(self, request: Request) -> Response:
        """The file as it was given to us, byte for byte."""
        dashboard = self._store.get(request.path_params["uid"])
        if dashboard is None:
            return JSONResponse({"message": "Dashboard not found"}, 404)
        headers = {"Content-Disposition": f'attachment; filename="{dashboard.slug}.json"'}
        body = await asyncio.to_thread(self._store.files[dashboard.uid].read_bytes)
        return Response(body, media_type="application/json", headers=headers)

    async def datasources(self, _: Request) -> Response:
        return JSONResponse(
            [
                {"uid": s.config.uid, "name": s.config.name, "type": s.config.type, "access": "proxy", "readOnly": True}
                for s in self._sources
            ]
        )
