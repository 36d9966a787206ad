"""The same-origin data proxy: `/api/datasources/proxy/uid/<uid>/<path>` to a configured source, by an allow-list of its API's paths.

Only what a panel or a page reads is let through, and of writes only what the alerting page offers.
"""

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dashboards.sources.base import SourceError
from dashboards.sources.set import SourceSet

ALLOWED: Final[dict[str, tuple[tuple[str, re.Pattern[str]], ...]]] = {
    "prometheus": (
        (
            "GET POST",
            re.compile(r"api/v1/(query|query_range|query_exemplars|series|labels|format_query|parse_query)"),
        ),
        ("GET", re.compile(r"api/v1/(label/[^/]+/values|metadata|targets|targets/metadata|rules|alerts|status/\w+)")),
    ),
    "elasticsearch": (
        ("GET POST", re.compile(r"[\w.*,-]+/(_search|_count|_field_caps)|_msearch")),
        ("GET", re.compile(r"_cat/indices|_cluster/health|[\w.*,-]+/_mapping")),
    ),
    "alertmanager": (
        ("GET", re.compile(r"api/v2/(alerts|alerts/groups|silences|status|receivers|notifications|silence/[\w-]+)")),
        ("POST", re.compile(r"api/v2/silences")),
        ("DELETE", re.compile(r"api/v2/silence/[\w-]+")),
    ),
}
_PASSED: Final = ("content-type", "accept")
_BODY_LIMIT: Final = 1024 * 1024


class ProxyApi:
    """Forwards allowed requests."""

    def __init__(self, sources: SourceSet) -> None:
        self._sources = sources

    async def handle(self, request: Request) -> Response:
        """The endpoint."""
        uid, path = request.path_params["uid"], request.path_params["path"]
        source = self._sources.get(uid)
        if source is None:
            return JSONResponse({"error": f"unknown data source {uid!r}"}, 404)
        if not allowed(source.config.type, request.method, path):
            return JSONResponse({"error": f"{request.method} {path} is not offered through this proxy"}, 403)
        body = await request.body()
        if len(body) > _BODY_LIMIT:
            return JSONResponse({"error": f"request body larger than {_BODY_LIMIT} bytes"}, 413)
        try:
            answer = await source.send(
                request.method,
                "/" + path,
                params=request.query_params.multi_items(),
                content=body or None,
                headers={name: request.headers[name] for name in _PASSED if name in request.headers},
            )
        except SourceError as error:
            return JSONResponse({"error": error.message, "kind": error.kind}, error.status)
        content_type = answer.headers.get("content-type", "application/json")
        return Response(
            answer.content, answer.status_code, media_type=content_type, headers={"Cache-Control": "no-store"}
        )


def allowed(kind: str, method: str, path: str) -> bool:
    """Whether a source of this kind may be asked so."""
    return any(method in methods.split() and pattern.fullmatch(path) for methods, pattern in ALLOWED.get(kind, ()))
