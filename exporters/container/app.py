"""Builds the container exporter: flags, cgroups, runtimes, and the server in front of them."""

import argparse
import asyncio
from collections.abc import Iterable

import exporters.container.groups  # noqa: F401 - registers the built-in groups
from exporters.container.catalogue import Catalogue, find_runtimes
from exporters.container.groups.registry import groups
from exporters.container.machine import machine_metrics
from exporters.container.perfconfig import load_events
from exporters.container.scrape import Scraper, Settings
from exporters.container.selection import group_names
from exporters.endpoint import HTML, MetricsEndpoint
from exporters.process import build_info, settle
from pharos.allocator import limit_arenas
from pharos.clock import Clock, SystemClock
from pharos.config import ConfigError
from pharos.exposition import Metric
from pharos.flags import Flags, web_options
from pharos.http.lean import LeanServer, Request, Response
from pharos.service import Service

_LANDING = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Pharos container exporter</title></head>
<body><h1>Pharos container exporter</h1><p><a href="/metrics">Metrics</a></p></body></html>
"""


def add_flags(flags: Flags) -> None:
    """The flags of `pharos container-exporter`; those cAdvisor has carry its names."""
    flags.add("path.cgroup", "Where the cgroup file system is mounted.", default="/sys/fs/cgroup", metavar="DIR")
    flags.add("path.procfs", "procfs mountpoint.", default="/proc", metavar="DIR")
    flags.add("path.sysfs", "sysfs mountpoint.", default="/sys", metavar="DIR")
    flags.add("disable_metrics", "Comma-separated groups of metrics to leave out.", default="", metavar="LIST")
    known = ", ".join(f"{group.name}{'' if group.default else ' (off)'}" for group in groups)
    flags.add("enable_metrics", f"Comma-separated groups to add. Known: {known}.", default="", metavar="LIST")
    flags.switch("docker_only", "Only containers and the machine, no slices and services.")
    flags.add("raw_cgroup_prefix_whitelist", "Of other cgroups only those below these.", default="", metavar="LIST")
    flags.switch("store_container_labels", "Turn all labels of containers into metric labels.")
    flags.add("whitelisted_container_labels", "Labels of containers that become metric labels.", default="")
    usual = "docker,podman,cri,links"
    flags.add(
        "runtimes",
        "Runtimes to ask for names, each with its usual sockets or as name=socket; empty for none.",
        default=usual,
        metavar="LIST",
    )
    flags.add(
        "perf_events_config", "JSON file of the events that the group perf_event counts.", default="", metavar="FILE"
    )
    flags.add("env_metadata_whitelist", "Environment variables that become metric labels.", default="")


def build(options: argparse.Namespace) -> Service | None:
    """The service. Raises `ConfigError`."""
    try:
        names = group_names(_listed(options.disable_metrics), _listed(options.enable_metrics))
    except KeyError as error:
        raise ConfigError(str(error.args[0])) from error
    if "perf_event" in names and not options.perf_events_config:
        raise ConfigError("--enable_metrics=perf_event: --perf_events_config has to say which events to count")
    settings = Settings(
        cgroup_root=options.path_cgroup,
        procfs=options.path_procfs,
        sysfs=options.path_sysfs,
        groups=names,
        containers_only=options.docker_only,
        raw_prefixes=tuple(_listed(options.raw_cgroup_prefix_whitelist)),
        label_whitelist=frozenset(_listed(options.whitelisted_container_labels)),
        env_whitelist=frozenset(_listed(options.env_metadata_whitelist)),
        all_labels=options.store_container_labels,
        perf_events=load_events(options.perf_events_config) if options.perf_events_config else (),
    )
    limit_arenas(1)  # one thread works at a time; a second arena would only hold what was freed in it
    return ContainerExporter(options, settings, _listed(options.runtimes))


class ContainerExporter(Service):
    """Serves the metrics of this host's containers."""

    name = "container-exporter"
    lean = True

    def __init__(
        self, options: argparse.Namespace, settings: Settings, sources: list[str], clock: Clock | None = None
    ) -> None:
        super().__init__()
        self._settings, self._sources, self._clock = settings, sources, clock or SystemClock()
        self._scraper = Scraper(settings, self._clock)
        self._catalogue = self._open_catalogue()
        self._turn = asyncio.Lock()
        endpoint = MetricsEndpoint(self._gather)
        pages = {"/": self._landing, "/metrics": endpoint.serve}
        self.web = LeanServer(web_options(options), pages, reload=self.reload)

    async def open(self) -> None:
        await self.web.start()
        settle()

    async def close(self) -> None:
        await self.web.stop()
        await self._catalogue.close()

    async def reload(self) -> None:
        """Look for runtimes' sockets anew: one may have been installed since."""
        before, self._catalogue = self._catalogue, self._open_catalogue()
        await before.close()

    async def _gather(self, _: Request) -> Iterable[Metric]:
        async with self._turn:
            await self._catalogue.refresh()
            metrics = await asyncio.to_thread(self._scraper.scrape, self._catalogue.facts)
        metrics += self._catalogue.metrics()
        metrics += machine_metrics(self._settings.procfs, self._settings.sysfs)
        metrics += build_info("container_exporter")
        return metrics

    def _open_catalogue(self) -> Catalogue:
        return Catalogue(find_runtimes(self._sources), self._clock)

    async def _landing(self, _: Request) -> Response:
        return Response(_LANDING, content_type=HTML)


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
