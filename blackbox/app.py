"""The blackbox prober as a service: flags, configuration, routes."""

import argparse
import asyncio
import logging
import time
from pathlib import Path

import prometheus_client
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from blackbox.config import BlackboxConfig, load_config
from blackbox.history import History
from blackbox.pages import config_text, debug_text, landing_page
from blackbox.probe import Probe
from blackbox.runner import probe_timeout, run_probe
from blackbox.wire.tls import TlsContexts
from pharos.config import ConfigError
from pharos.exposition import CONTENT_TYPE
from pharos.flags import Flags, duration, web_options
from pharos.http.options import WebOptions
from pharos.http.own_metrics import new_registry
from pharos.http.server import WebServer
from pharos.logs import LEVELS
from pharos.service import Service

logger = logging.getLogger(__name__)


def add_flags(flags: Flags) -> None:
    """The flags of `pharos blackbox`."""
    flags.add("config.file", "Configuration file (blackbox_exporter's).", default="blackbox.yml", metavar="FILE")
    flags.switch("config.check", "Check the configuration file and exit.")
    flags.switch("config.enable-auto-reload", "Reload when the configuration file changes.")
    flags.add("config.auto-reload-interval", "How often to look.", type=duration, default=30.0, metavar="DURATION")
    flags.add("timeout-offset", "Seconds to take off the scrape's timeout.", type=float, default=0.5, metavar="SECONDS")
    flags.add("history.limit", "How many recent probes to keep.", type=int, default=100, metavar="N")
    flags.add("log.prober", "Detail of the log kept with each probe.", default="info", choices=LEVELS)
    flags.add("web.external-url", "URL under which the prober is reached from outside.", default="", metavar="URL")
    flags.add("web.route-prefix", "Prefix of the internal routes.", default="", metavar="PATH")


def build(options: argparse.Namespace) -> Service | None:
    """The service, or None when only a check was asked for. Raises `ConfigError`."""
    config = load_config(options.config_file)
    if options.config_check:
        print(f"Config file is ok: {options.config_file}")  # noqa: T201 - the answer to --config.check
        return None
    return BlackboxService(
        config,
        Path(options.config_file),
        web_options(options),
        timeout_offset_s=options.timeout_offset,
        history_limit=options.history_limit,
        probe_log_level=options.log_prober,
        route_prefix=options.web_route_prefix or _path_of(options.web_external_url),
        auto_reload_s=float(options.config_auto_reload_interval) if options.config_enable_auto_reload else 0.0,
    )


class BlackboxService(Service):
    """Answers `/probe`."""

    name = "blackbox"

    def __init__(
        self,
        config: BlackboxConfig,
        config_file: Path,
        web: WebOptions,
        *,
        timeout_offset_s: float = 0.5,
        history_limit: int = 100,
        probe_log_level: str = "info",
        route_prefix: str = "",
        auto_reload_s: float = 0.0,
    ) -> None:
        super().__init__()
        self.config, self._file = config, config_file
        self.history = History(history_limit)
        self._contexts = TlsContexts()
        self._timeout_offset_s, self._log_level = timeout_offset_s, probe_log_level
        self._auto_reload_s = auto_reload_s
        self._prefix = "/" + route_prefix.strip("/") if route_prefix.strip("/") else ""
        self._registry = new_registry("blackbox_exporter")
        self._make_metrics()
        self.web = WebServer(web, self._routes(), registry=self._registry, reload=self.reload)

    def _make_metrics(self) -> None:
        registry = self._registry
        self._unknown = prometheus_client.Counter(
            "blackbox_module_unknown", "Count of unknown modules requested by probes", registry=registry
        )
        self._reload_good = prometheus_client.Gauge(
            "blackbox_exporter_config_last_reload_successful",
            "Blackbox exporter config loaded successfully.",
            registry=registry,
        )
        self._reload_time = prometheus_client.Gauge(
            "blackbox_exporter_config_last_reload_success_timestamp_seconds",
            "Timestamp of the last successful configuration reload.",
            registry=registry,
        )
        self._probes = prometheus_client.Counter(
            "blackbox_probes", "Probes by prober and result.", ["prober", "result"], registry=registry
        )
        self._seconds = prometheus_client.Counter(
            "blackbox_probe_seconds", "Time spent in probes.", ["prober"], registry=registry
        )
        self._note_reload(True)

    def _routes(self) -> list[BaseRoute]:
        routes: list[BaseRoute] = [
            Route("/probe", self.on_probe, methods=["GET"]),
            Route("/config", self._on_config, methods=["GET"]),
            Route("/logs", self._on_logs, methods=["GET"]),
            Route("/", self._on_landing, methods=["GET"]),
        ]
        if not self._prefix:
            return routes
        return [Mount(self._prefix, routes=routes), Route("/", lambda _: RedirectResponse(self._prefix + "/"))]

    async def open(self) -> None:
        await self.web.start()
        if self._auto_reload_s:
            self.spawn(self._watch(), "auto-reload")

    async def close(self) -> None:
        await self.web.stop()

    async def reload(self) -> None:
        try:
            self.config = load_config(self._file)
        except ConfigError:
            self._note_reload(False)
            raise
        self._contexts = TlsContexts()
        self._note_reload(True)

    def _note_reload(self, good: bool) -> None:
        self._reload_good.set(1 if good else 0)
        if good:
            self._reload_time.set(time.time())

    async def _watch(self) -> None:
        seen = self._file.stat().st_mtime_ns
        while True:
            await asyncio.sleep(self._auto_reload_s)
            try:
                found = self._file.stat().st_mtime_ns
                if found != seen:
                    seen = found
                    await self.reload()
            except (ConfigError, OSError) as error:
                logger.error("Reload failed, the old configuration stays", extra={"reason": str(error)})

    async def on_probe(self, request: Request) -> Response:
        """`/probe?target=&module=&hostname=&debug=`."""
        query = request.query_params
        name = query.get("module") or "http_2xx"
        module = self.config.modules.get(name)
        if module is None:
            self._unknown.inc()
            return PlainTextResponse(f'Unknown module "{name}"\n', 400)
        try:
            timeout_s = probe_timeout(
                request.headers.get("x-prometheus-scrape-timeout-seconds"), module.timeout, self._timeout_offset_s
            )
        except ValueError as error:
            return PlainTextResponse(f"Failed to parse timeout from Prometheus header: {error}\n", 500)
        target = query.get("target", "")
        if not target:
            return PlainTextResponse("Target parameter is missing\n", 400)
        debug = query.get("debug") == "true"
        probe = Probe(
            target,
            name,
            module,
            self._contexts,
            hostname=query.get("hostname", ""),
            log_level="debug" if debug else self._log_level,
        )
        if conflict := _host_conflict(probe):
            return PlainTextResponse(conflict, 400)
        success, seconds = await run_probe(probe, timeout_s)
        self._probes.labels(module.prober, "success" if success else "failure").inc()
        self._seconds.labels(module.prober).inc(seconds)
        self.history.add(probe, success, seconds)
        if debug:
            return PlainTextResponse(debug_text(probe))
        return Response(probe.page.render(), media_type=CONTENT_TYPE)

    async def _on_config(self, _: Request) -> Response:
        return PlainTextResponse(config_text(self.config))

    async def _on_logs(self, request: Request) -> Response:
        number = request.query_params.get("id", "")
        if not number.isdigit():
            return PlainTextResponse("Invalid probe id\n", 400)
        outcome = self.history.find(int(number))
        if outcome is None:
            return PlainTextResponse("Probe id not found\n", 404)
        return PlainTextResponse(debug_text(outcome.probe))

    async def _on_landing(self, _: Request) -> Response:
        return HTMLResponse(landing_page(self.config, self.history))


def _host_conflict(probe: Probe) -> str:
    if probe.module.prober != "http" or not probe.hostname:
        return ""
    for name, value in probe.module.http.headers.items():
        if name.lower() == "host" and value != probe.hostname:
            return (
                f"host header defined both in module configuration ({value}) "
                f"and with URL-parameter 'hostname' ({probe.hostname})\n"
            )
    return ""


def _path_of(url: str) -> str:
    from urllib.parse import urlsplit

    return urlsplit(url).path
