"""Our scripts, styles, fonts and Plotly's bundle, from this process only, under names that change with their content.

The JavaScript files of `components/js` are joined in the order of their names: there is no build step.
"""

import asyncio
import gzip
import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dashboards.i18n.catalogue import ZH
from dashboards.model.units import UNITS
from dashboards.theme.css import token_css
from dashboards.theme.icons import icon_css

COMPONENTS: Final = Path(__file__).parent.parent / "components"
_TYPES: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".woff2": "font/woff2",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file to serve; large ones stay on disk until they are asked for."""

    name: str
    content: bytes | None
    path: Path | None
    version: str

    @property
    def url(self) -> str:
        return f"/static/{self.name}?v={self.version}"

    def read(self) -> bytes:
        if self.content is not None:
            return self.content
        assert self.path is not None
        return self.path.read_bytes()


class StaticFiles:
    """Everything under `/static/`."""

    def __init__(self) -> None:
        self._files: dict[str, StaticFile] = {}
        self._packed: dict[str, bytes] = {}
        self._add("pharos.css", _css())
        self._add("pharos.js", _javascript())
        self._add("boot.js", (COMPONENTS / "boot" / "boot.js").read_bytes())
        for font in sorted((COMPONENTS / "fonts").glob("*.woff2")):
            self._add(f"fonts/{font.name}", font.read_bytes())
        self._add("icon.svg", (COMPONENTS / "icon.svg").read_bytes())
        plotly = plotly_bundle()
        facts = plotly.stat()
        version = hashlib.blake2b(f"{facts.st_size} {facts.st_mtime_ns}".encode(), digest_size=6).hexdigest()
        self._files["plotly.min.js"] = StaticFile("plotly.min.js", None, plotly, version)

    def url(self, name: str) -> str:
        return self._files[name].url

    def route(self) -> Route:
        return Route("/static/{name:path}", self._serve)

    def _add(self, name: str, content: bytes) -> None:
        version = hashlib.blake2b(content, digest_size=6).hexdigest()
        self._files[name] = StaticFile(name, content, None, version)

    async def _serve(self, request: Request) -> Response:
        file = self._files.get(request.path_params["name"])
        if file is None:
            return Response("Not found\n", 404, media_type="text/plain")
        kind = _TYPES[Path(file.name).suffix]
        headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
        if kind.startswith("font/") or "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(await asyncio.to_thread(file.read), media_type=kind, headers=headers)
        if file.name not in self._packed:
            self._packed[file.name] = await asyncio.to_thread(lambda: gzip.compress(file.read(), 6))
        return Response(self._packed[file.name], media_type=kind, headers={**headers, "Content-Encoding": "gzip"})


def plotly_bundle() -> Path:
    """The smallest Plotly bundle at hand: a partial one put into the package when it was built, else that of pip's plotly."""
    partial = COMPONENTS / "vendor" / "plotly-cartesian.min.js"
    return partial if partial.exists() else pip_bundle()


def pip_bundle() -> Path:
    """The whole Plotly bundle that pip's plotly brings."""
    found = importlib.util.find_spec("plotly")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "package_data" / "plotly.min.js"


def _css() -> bytes:
    parts = [token_css(), icon_css(), *(path.read_text() for path in sorted((COMPONENTS / "css").glob("*.css")))]
    return "\n".join(parts).encode()


def _javascript() -> bytes:
    units = {name: [unit.kind, unit.suffix, unit.factor, unit.space] for name, unit in UNITS.items()}
    head = f"window.pharos={{messages:{{zh:{orjson.dumps(ZH).decode()}}},units:{orjson.dumps(units).decode()}}};"
    parts = [head, *(path.read_text() for path in sorted((COMPONENTS / "js").glob("*.js")))]
    return "\n".join(parts).encode()
