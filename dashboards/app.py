"""`pharos dashboards`: builds the sources, the dashboards, the API and the UI, and serves them."""

import argparse

from prometheus_client import CollectorRegistry

from dashboards.api.routes import api_routes
from dashboards.config import DashboardsConfig, all_sources, user_folder
from dashboards.metrics import DashboardMetrics
from dashboards.model.store import DashboardStore
from dashboards.services import Services
from dashboards.sources.set import SourceSet
from dashboards.web.server import build_app
from pharos.clock import Clock, SystemClock
from pharos.config import load
from pharos.flags import Flags, web_options
from pharos.http.options import WebOptions
from pharos.http.own_metrics import new_registry
from pharos.http.server import WebServer
from pharos.service import Service


def add_flags(flags: Flags) -> None:
    """The flags of `pharos dashboards`."""
    flags.add("config.file", "YAML file with further data sources (optional).", default="", metavar="FILE")
    flags.add("dashboards.path", "Folder with your own dashboards as Grafana JSON files.", default="", metavar="DIR")
    flags.add("datasource.prometheus", "URL of the metrics source.", default="http://127.0.0.1:9090", metavar="URL")
    flags.add("datasource.logs", "URL of the log source.", default="http://127.0.0.1:9200", metavar="URL")
    flags.add("datasource.alerting", "URL of the alerting source.", default="http://127.0.0.1:9093", metavar="URL")


def build(options: argparse.Namespace) -> Service:
    """The service of these flags. Raises `ConfigError` and `OSError`."""
    config = load(DashboardsConfig, options.config_file) if options.config_file else DashboardsConfig()
    sources = SourceSet(
        all_sources(config, options.datasource_prometheus, options.datasource_logs, options.datasource_alerting)
    )
    store = DashboardStore(user_folder(config, options.dashboards_path))
    return DashboardsService(web_options(options), store, sources)


class DashboardsService(Service):
    """The web UI and its API in one process."""

    name = "dashboards"

    def __init__(
        self, options: WebOptions, store: DashboardStore, sources: SourceSet, clock: Clock | None = None
    ) -> None:
        super().__init__()
        registry: CollectorRegistry = new_registry("pharos_dashboards")
        self._services = Services(store, sources, clock or SystemClock(), DashboardMetrics(registry))
        app = build_app(self._services, lambda: [*self.web.standard_routes(), *api_routes(self._services)])
        self.web = WebServer(options, app=app.asgi, registry=registry)
        app.mount()

    async def open(self) -> None:
        await self.web.start()

    async def close(self) -> None:
        await self.web.stop()
        await self._services.sources.close()
