"""Builds the node exporter: flags and file to settings, collectors, and the server in front of them."""

import argparse
import asyncio
import importlib.util
import logging
import sys
from collections.abc import Iterable
from pathlib import Path

from exporters.endpoint import HTML, BadQueryError, MetricsEndpoint
from exporters.files import keep_open, let_go
from exporters.node.config import Settings, add_collector_flags, settings
from exporters.node.registry import collectors
from exporters.node.scrape import FilterError, Scraper
from exporters.node.surroundings import in_container, mounts_warning
from exporters.process import build_info, settle
from pharos.allocator import limit_arenas
from pharos.clock import Clock, SystemClock
from pharos.config import ConfigError
from pharos.exposition import Metric
from pharos.flags import Flags, web_options
from pharos.http.lean import LeanServer, Request, Response
from pharos.service import Service

if sys.platform == "linux":
    import exporters.node.collectors  # noqa: F401 - registers the built-in collectors
else:
    from exporters.node import portable

    portable.register(collectors)

logger = logging.getLogger(__name__)

_LANDING = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Pharos node exporter</title></head>
<body><h1>Pharos node exporter</h1><p><a href="{path}">Metrics</a></p>
<p>Collectors: {collectors}</p></body></html>
"""


def add_flags(flags: Flags) -> None:
    """The flags of `pharos node-exporter`, with node_exporter's names."""
    flags.add("config.file", "YAML file with collector settings; reloaded on SIGHUP.", default="", metavar="FILE")
    flags.switch("config.check", "Check the configuration and exit.")
    flags.add("path.procfs", "procfs mountpoint (default /proc).", default="", metavar="DIR")
    flags.add("path.sysfs", "sysfs mountpoint (default /sys).", default="", metavar="DIR")
    flags.add("path.rootfs", "rootfs mountpoint (default /).", default="", metavar="DIR")
    flags.add("path.udev.data", "udev data path (default /run/udev/data).", default="", metavar="DIR")
    flags.add("web.telemetry-path", "Path under which to expose metrics.", default="/metrics", metavar="PATH")
    flags.add("web.max-requests", "Maximum number of parallel scrapes, 0 for no limit.", type=int, default=40)
    flags.switch("web.disable-exporter-metrics", "Leave out metrics about the exporter itself (process_*, promhttp_*).")
    flags.add("collector.plugin-dir", "Folder of Python files with collectors of your own.", default="", metavar="DIR")
    _load_plugins(_early_plugin_dir(sys.argv))
    add_collector_flags(flags)


def build(options: argparse.Namespace) -> Service | None:
    """The service; None when `--config.check` was asked. Raises `ConfigError`."""
    chosen = settings(options, options.config_file)
    if options.config_check:
        return None
    limit_arenas(1)  # one thread works at a time; a second arena would only hold what was freed in it
    return NodeExporter(options, chosen)


class NodeExporter(Service):
    """Serves the metrics of this machine."""

    name = "node-exporter"
    lean = True

    def __init__(self, options: argparse.Namespace, chosen: Settings, clock: Clock | None = None) -> None:
        super().__init__()
        self._given, self._clock = options, clock or SystemClock()
        self._scraper, self._roots = Scraper(chosen, self._clock), chosen.roots
        self._turn = asyncio.Lock()
        endpoint = MetricsEndpoint(
            self._gather, max_requests=options.web_max_requests, own_metrics=not options.web_disable_exporter_metrics
        )
        self._path = options.web_telemetry_path
        pages = {"/": self._landing, "/metrics": endpoint.serve, self._path: endpoint.serve}
        self.web = LeanServer(web_options(options), pages, reload=self.reload)

    async def open(self) -> None:
        warning = mounts_warning(self._roots, frozenset(self._scraper.names), in_container())
        if warning:
            logger.warning(warning)
        if sys.platform == "linux":
            keep_open()
        await self.web.start()
        settle()

    async def close(self) -> None:
        await self.web.stop()
        let_go()

    async def reload(self) -> None:
        self._scraper = Scraper(settings(self._given, self._given.config_file), self._clock)

    async def _gather(self, request: Request) -> Iterable[Metric]:
        query = request.query
        scraper = self._scraper
        try:
            names = scraper.chosen(query.get("collect[]", []), query.get("exclude[]", []))
        except FilterError as error:
            raise BadQueryError(str(error)) from error
        async with self._turn:  # collectors remember things between scrapes: one scrape at a time
            metrics = await scraper.scrape(names)
        metrics += build_info("node_exporter")
        return metrics

    async def _landing(self, _: Request) -> Response:
        page = _LANDING.format(path=self._path, collectors=", ".join(self._scraper.names))
        return Response(page, content_type=HTML)


def _early_plugin_dir(arguments: list[str]) -> str:
    """The value of `--collector.plugin-dir`, needed before the parser exists because plug-ins add flags to it."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--collector.plugin-dir", dest="folder", default="")
    return str(parser.parse_known_args(arguments[1:])[0].folder)


def _load_plugins(folder: str) -> None:
    """Load collectors of other distributions (entry points) and of a folder. Raises `ConfigError`."""
    collectors.load_entry_points()
    if not folder:
        return
    files = sorted(Path(folder).glob("*.py"))
    if not files:
        raise ConfigError(f"--collector.plugin-dir {folder}: no Python file there")
    for file in files:
        spec = importlib.util.spec_from_file_location(f"pharos_collector_{file.stem}", file)
        assert spec is not None
        assert spec.loader is not None
        if spec.name in sys.modules:
            continue
        module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except Exception as error:
            del sys.modules[spec.name]
            raise ConfigError(f"collector plug-in {file}: {type(error).__name__}: {error}") from error
