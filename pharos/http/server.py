"""The HTTP server kit: starlette routes on uvicorn, plus what every Pharos server has.

`/metrics`, `/-/healthy`, `/-/ready`, `POST|PUT /-/reload`; TLS and basic authentication by `--web.config.file`; limits on body and time.
"""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from pharos.config import ConfigError
from pharos.http.access import Access
from pharos.http.middleware import Guard
from pharos.http.options import WebOptions
from pharos.http.sockets import bind_socket, shown_url

if TYPE_CHECKING:  # 1.7 MB that a server with metrics of its own does without
    from prometheus_client import CollectorRegistry

logger = logging.getLogger(__name__)


class WebServer:
    """One listening HTTP server around starlette routes or any ASGI application.

    `metrics` renders `/metrics`; `ready` answers `/-/ready`; `reload`, when given, serves `/-/reload`. A server with a `name` says "<name> is Ready.".
    """

    def __init__(
        self,
        options: WebOptions,
        routes: Sequence[BaseRoute] = (),
        *,
        app: ASGIApp | None = None,
        registry: "CollectorRegistry | None" = None,
        metrics: Callable[[Request], Awaitable[Response]] | None = None,
        ready: Callable[[], bool] = lambda: True,
        reload: Callable[[], Awaitable[None]] | None = None,
        name: str = "",
    ) -> None:
        self._options, self._name = options, name
        self._ready, self._reload, self._registry = ready, reload, registry
        self._inner = app or Starlette(routes=[*self.standard_routes(metrics), *routes])
        self._access = Access(options.config_file)
        self._server: uvicorn.Server | None = None
        self._serving: asyncio.Task[None] | None = None
        self._socket: socket.socket | None = None

    @property
    def port(self) -> int:
        """The port it listens on."""
        assert self._socket is not None, "start() comes first"
        return int(self._socket.getsockname()[1])

    @property
    def url(self) -> str:
        assert self._socket is not None, "start() comes first"
        return shown_url(self._socket, self._options.address, tls=self._access.tls is not None)

    def standard_routes(self, metrics: Callable[[Request], Awaitable[Response]] | None = None) -> list[BaseRoute]:
        """The routes every server has; for callers that bring an application of their own."""
        routes: list[BaseRoute] = [
            Route("/-/healthy", self._on_healthy, methods=["GET", "HEAD"]),
            Route("/-/ready", self._on_ready, methods=["GET", "HEAD"]),
            Route("/metrics", metrics or self._on_metrics, methods=["GET", "HEAD"]),
        ]
        if self._reload is not None:
            routes.append(Route("/-/reload", self._on_reload, methods=["POST", "PUT"]))
        return routes

    async def start(self) -> None:
        """Listen and serve. Raises `PortTakenError`."""
        self._socket = bind_socket(self._options.address)
        guarded = Guard(
            self._inner,
            auth=lambda: self._access.auth,
            headers=lambda: self._access.headers,
            body_limit=self._options.body_limit,
            timeout_s=self._options.timeout_s,
        )
        config = uvicorn.Config(
            guarded,
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=True,
            lifespan="off",
            timeout_graceful_shutdown=3,
            timeout_keep_alive=75,
            h11_max_incomplete_event_size=65536,
            ws="none",
        )
        config.load()
        config.ssl = self._access.tls
        self._server = uvicorn.Server(config)
        self._server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        self._serving = asyncio.create_task(self._server._serve([self._socket]), name="http")
        while not self._server.started and not self._serving.done():  # noqa: ASYNC110 - uvicorn offers no event
            await asyncio.sleep(0.005)
        if self._serving.done():
            await self._serving
        logger.info("Listening", extra={"address": self.url})

    async def stop(self) -> None:
        """Finish running requests (3 s at most) and close."""
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await asyncio.wait({self._serving})
        if self._socket is not None:
            self._socket.close()

    def reload_web_config(self) -> None:
        """Read `--web.config.file` again: users, headers and certificates. Raises `ConfigError`."""
        self._access.load()

    async def _on_healthy(self, _: Request) -> Response:
        return PlainTextResponse(f"{self._name} is Healthy.\n" if self._name else "OK\n")

    async def _on_ready(self, _: Request) -> Response:
        if not self._ready():
            return PlainTextResponse("Service Unavailable" if self._name else "Not ready\n", 503)
        return PlainTextResponse(f"{self._name} is Ready.\n" if self._name else "Ready\n")

    async def _on_metrics(self, request: Request) -> Response:
        from pharos.http.own_metrics import render_registry

        return render_registry(self._registry, request)

    async def _on_reload(self, _: Request) -> Response:
        assert self._reload is not None
        try:
            self._access.load()
            await self._reload()
        except (ConfigError, OSError) as error:
            logger.error("Reload failed, the old configuration stays", extra={"reason": str(error)})
            return PlainTextResponse(f"failed to reload config: {error}\n", 500)
        return PlainTextResponse("")
