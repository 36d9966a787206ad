"""The HTTP server kit: starlette routes on uvicorn, plus what every Pharos server has.

`/metrics`, `/-/healthy`, `/-/ready`, `POST|PUT /-/reload`; TLS and basic authentication by `--web.config.file`; limits on body and time.
"""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from pharos.config import ConfigError
from pharos.http.middleware import Guard
from pharos.http.options import WebOptions, split_address
from pharos.http.webconfig import BasicAuth, load_web_config, server_tls_context

if TYPE_CHECKING:  # 1.7 MB that a server with metrics of its own does without
    from prometheus_client import CollectorRegistry

logger = logging.getLogger(__name__)


class PortTakenError(OSError):
    """The port is in use; the text names it."""


def bind_socket(address: str) -> socket.socket:
    """A listening TCP socket. Raises `PortTakenError`, `ValueError` or `OSError`."""
    host, port = split_address(address)
    family = socket.AF_INET6 if ":" in host or (not host and socket.has_ipv6) else socket.AF_INET
    try:
        listening = socket.create_server(
            (host, port), family=family, backlog=1024, dualstack_ipv6=family == socket.AF_INET6 and not host
        )
    except OSError as error:
        if error.errno == 98:
            raise PortTakenError(98, f"port {port} on {host or 'all addresses'} is already in use") from error
        raise
    # Accepted sockets inherit this; asyncio would not set it, and each answer would wait 40 ms for a delayed ACK.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


class WebServer:
    """One listening HTTP server around starlette routes or any ASGI application.

    `metrics` renders `/metrics`; `ready` answers `/-/ready`; `reload`, when given, serves `/-/reload`.
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
    ) -> None:
        self._options = options
        self._ready, self._reload, self._registry = ready, reload, registry
        self._inner = app or Starlette(routes=[*self.standard_routes(metrics), *routes])
        self._auth: BasicAuth | None = None
        self._headers: dict[str, str] = {}
        self._tls: Any = None
        self._load_web_config()
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
        host = split_address(self._options.address)[0] or "127.0.0.1"
        shown = f"[{host}]" if ":" in host else host
        return f"{'https' if self._tls else 'http'}://{shown}:{self.port}"

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
            auth=lambda: self._auth,
            headers=lambda: self._headers,
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
        config.ssl = self._tls
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
        self._load_web_config()

    def _load_web_config(self) -> None:
        config = load_web_config(self._options.config_file)
        tls = config.tls_server_config
        if tls is not None:
            folder = Path(self._options.config_file).parent
            context = server_tls_context(tls, folder)
            if self._tls is None:
                self._tls = context
            else:  # the listening socket keeps its context: give that one the new certificate
                self._tls.load_cert_chain(folder / tls.cert_file, folder / tls.key_file)
        self._auth = BasicAuth(config.basic_auth_users) if config.basic_auth_users else None
        self._headers = config.http_server_config.headers

    async def _on_healthy(self, _: Request) -> Response:
        return PlainTextResponse("OK\n")

    async def _on_ready(self, _: Request) -> Response:
        return PlainTextResponse("Ready\n") if self._ready() else PlainTextResponse("Not ready\n", 503)

    async def _on_metrics(self, request: Request) -> Response:
        from pharos.http.own_metrics import render_registry

        return render_registry(self._registry, request)

    async def _on_reload(self, _: Request) -> Response:
        assert self._reload is not None
        try:
            self._load_web_config()
            await self._reload()
        except (ConfigError, OSError) as error:
            logger.error("Reload failed, the old configuration stays", extra={"reason": str(error)})
            return PlainTextResponse(f"failed to reload config: {error}\n", 500)
        return PlainTextResponse("")
