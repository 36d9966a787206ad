"""The collector as one service: scraping, storage, queries, rules and the API, built and wired here and nowhere else."""

import argparse
import asyncio
import logging
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from prometheus_client import CollectorRegistry, Gauge

from collector.api.context import ApiContext, ServerSettings, ServerState
from collector.api.execution import QueryRunner
from collector.api.routes import Cors, api_routes
from collector.api.targets_view import ScrapeTargets
from collector.config import PrometheusConfig, load_config
from collector.flags import features_of, shown_flags
from collector.queries import Queries, parser_for
from collector.remote.routes import remote_routes
from collector.remote.sender import RemoteWriteManager
from collector.rules.files import RuleFolder
from collector.rules.group import Group
from collector.rules.loader import GroupLoader
from collector.rules.manager import RuleManager, RuleOptions
from collector.rules.metrics import RuleMetrics, SenderMetrics
from collector.rules.sender import AlertSender, SenderOptions
from collector.rules.templates import Surroundings
from collector.rules.view import CollectorRules
from collector.scrape import Metadata, ScrapeManager
from collector.scrape.settings import ScrapeSettings
from collector.storage.metrics import register_metrics
from collector.storage.options import StorageOptions
from collector.storage.storage import Storage
from collector.web import Site, start_page_routes
from pharos.clock import Clock, SystemClock
from pharos.config import ConfigError
from pharos.durations import Duration
from pharos.flags import web_options
from pharos.http.options import split_address
from pharos.http.own_metrics import new_registry
from pharos.http.server import WebServer
from pharos.service import Service

logger = logging.getLogger(__name__)
_MAINTAIN_EVERY_S: Final = 5.0
_DEFAULT_RETENTION: Final = Duration(15 * 86400)
_CREATED_ZEROS: Final = "created-timestamp-zero-ingestion"
_RELOAD_FAILED: Final = "Configuration reload has failed."


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration and its rules, checked as a whole."""

    config: PrometheusConfig
    groups: list[Group]


def load_everything(options: argparse.Namespace) -> Loaded:
    """Read the configuration and all rule files. Raises `ConfigError` or `OSError`."""
    config = load_config(
        options.config_file, agent=options.agent, prefer_protobuf=_CREATED_ZEROS in features_of(options)
    )
    section = config.global_
    loader = GroupLoader(
        parser_for(features_of(options)).parse,
        interval_ms=section.evaluation_interval.ms,
        query_offset_ms=section.rule_query_offset.ms,
        surroundings=Surroundings(external_url(options), section.external_labels),
        restore=True,
    )
    folder = rule_folder(options)
    return Loaded(config, loader.load([*config.rule_paths(), *(folder.paths() if folder else [])]))


def rule_folder(options: argparse.Namespace) -> RuleFolder | None:
    """Where rule files written by HTTP lie; None when that is not wanted."""
    return RuleFolder(Path(options.storage_tsdb_path) / "rules") if options.web_enable_rules_api else None


def external_url(options: argparse.Namespace) -> str:
    """Where the server is reached from outside: as told, or this machine's name and port."""
    if options.web_external_url:
        return str(options.web_external_url).rstrip("/")
    host, port = split_address(options.web_listen_address)
    return f"http://{host if host not in ('', '0.0.0.0', '::') else socket.gethostname()}:{port}"  # noqa: S104


class CollectorService(Service):
    """One running collector. `options`: the parsed flags; `loaded`: the first configuration."""

    name = "collector"

    def __init__(self, options: argparse.Namespace, loaded: Loaded, clock: Clock | None = None) -> None:
        super().__init__()
        self._options, self._loaded = options, loaded
        self.clock: Clock = clock or SystemClock()
        self.registry: CollectorRegistry = new_registry("prometheus")
        self.state = ServerState(loaded.config, self.clock.now(), config_loaded_s=self.clock.now())
        self._reload_good = Gauge(
            "prometheus_config_last_reload_successful",
            "Whether the last configuration reload attempt was successful.",
            registry=self.registry,
        )
        self._reload_time = Gauge(
            "prometheus_config_last_reload_success_timestamp_seconds",
            "Timestamp of the last successful configuration reload.",
            registry=self.registry,
        )
        path = options.storage_agent_path if options.agent else options.storage_tsdb_path
        self.storage = Storage(Path(path), storage_options(options, loaded.config), self.clock)
        register_metrics(self.storage, self.registry)
        self.queries = Queries.over(
            self.storage,
            features_of(options),
            lookback_ms=options.query_lookback_delta.ms,
            timeout_s=float(options.query_timeout),
            max_samples=options.query_max_samples,
            max_concurrent=options.query_max_concurrency,
        )
        self.runner = QueryRunner(
            self.registry, workers=worker_count(options), slow_after_s=float(options.query_slow_after)
        )
        self.scraping = ScrapeManager(self.storage, self.clock, self.registry, scrape_settings(options))
        self.remote_write = RemoteWriteManager(
            self.storage.path, self.storage, self._metadata, self.clock, self.registry
        )
        self.storage.maintenance.log_wanted_from = self.remote_write.oldest_segment
        self.sender = AlertSender(self.clock, SenderMetrics(self.registry), self.spawn, sender_options(options))
        self.rules = RuleManager(
            self.queries.for_rules,
            self.storage,
            self.storage,
            self.sender,
            self.clock,
            RuleMetrics(self.registry),
            self.spawn,
            rule_options(options),
        )
        self.web = self._site()

    def _site(self) -> WebServer:
        options = self._options
        self.api = ApiContext(
            clock=self.clock,
            settings=server_settings(options),
            state=self.state,
            runner=self.runner,
            storage=self.storage,
            engine=self.queries,
            targets=ScrapeTargets(self.scraping, lambda: self.state.config),
            rules=CollectorRules(self.rules, self.sender),
            rule_folder=rule_folder(options),
            reload=self.reload,
        )
        site = Site(prefix_of(options), Cors(self.api.settings.cors_origin))
        server = WebServer(
            web_options(options, timeout_s=float(options.web_read_timeout)),
            app=site,
            registry=self.registry,
            ready=lambda: self.state.ready,
            reload=self.reload,
            name="Prometheus Server",
        )
        quit_ = self._stopping.set if options.web_enable_lifecycle else None
        site.routes(
            [
                *server.standard_routes(),
                *api_routes(self.api),
                *remote_routes(
                    self.storage,
                    write=options.web_enable_remote_write_receiver,
                    otlp=options.web_enable_otlp_receiver,
                    otlp_config=lambda: self.state.config.otlp,
                    external_labels=lambda: self.state.config.global_.external_labels,
                    read_sample_limit=options.storage_remote_read_sample_limit,
                    read_concurrency=options.storage_remote_read_concurrent_limit,
                    registry=self.registry,
                ),
                *start_page_routes(self.api.settings, prefix_of(options), quit_),
            ]
        )
        return server

    def _metadata(self) -> dict[str, Metadata]:
        """What targets say about metrics, one statement each."""
        return {name: found[0] for name, found in self.scraping.metadata().items()}

    @property
    def url(self) -> str:
        return self.web.url

    async def open(self) -> None:
        """Listen at once, so that the replay can be watched; serve data when it is done."""
        await self.web.start()
        await asyncio.to_thread(self.storage.open)
        self.spawn(self._keep_synced(), "sync")
        self.spawn(self._keep_maintained(), "maintenance")
        await self._apply(self._loaded)
        self.spawn(self.scraping.run(), "scrape")
        self.spawn(self.remote_write.run(), "remote write")
        if "auto-reload-config" in features_of(self._options):
            self.spawn(self._watch_files(), "auto-reload")
        self.state.ready = True
        logger.info("Server is ready to receive web requests")

    async def close(self) -> None:
        self.state.ready = False
        self.runner.close()
        self.api.query_log.close()
        await self.rules.close()
        await self.scraping.stop()
        await self.remote_write.stop(min(2.0, float(self._options.storage_remote_flush_deadline)))
        await self.sender.close(2.0 if self._options.alertmanager_drain_notification_queue_on_shutdown else 0.0)
        await self.web.stop()
        await asyncio.to_thread(self.storage.close)

    async def reload(self) -> None:
        """Read all files anew; use them only when all are good. Raises `ConfigError`."""
        try:
            loaded = await asyncio.to_thread(load_everything, self._options)
            await self._apply(loaded)
        except (ConfigError, OSError) as error:
            self.state.config_ok = False
            self.state.notify(_RELOAD_FAILED, self.clock.now())
            self._reload_good.set(0)
            raise ConfigError(str(error)) from error

    async def _apply(self, loaded: Loaded) -> None:
        config = loaded.config
        self.api.query_log.open(config.global_.query_log_file)
        try:
            await self.sender.apply(config.alerting, config.global_.external_labels)
        except ValueError as error:
            raise ConfigError(f"alerting: {error}") from error
        self.queries.engine.default_step_ms = config.global_.evaluation_interval.ms
        await self.scraping.apply(config)
        await self.remote_write.apply(config)
        if not self._options.agent:
            await self.rules.apply(loaded.groups)
        self._loaded = loaded
        state = self.state
        state.config, state.config_ok, state.config_loaded_s = config, True, self.clock.now()
        state.forget(_RELOAD_FAILED)
        self._reload_good.set(1)
        self._reload_time.set(state.config_loaded_s)

    async def _keep_synced(self) -> None:
        """Make appended samples durable in short intervals. The storage tells about a full disk itself."""
        while True:
            await self.clock.sleep(self.storage.options.fsync_interval_s)
            await asyncio.to_thread(self.storage.sync)

    async def _keep_maintained(self) -> None:
        while True:
            await self.clock.sleep(_MAINTAIN_EVERY_S)
            await asyncio.to_thread(self.storage.maintain, int(self.clock.now() * 1000))

    async def _watch_files(self) -> None:
        """Reload when the configuration or a rule file changed."""
        known = self._file_times()
        while True:
            await self.clock.sleep(float(self._options.config_auto_reload_interval))
            now = self._file_times()
            if now == known:
                continue
            known = now
            try:
                await self.reload()
                logger.info("Configuration changed and was reloaded")
            except ConfigError as error:
                logger.error("Reload failed, the old configuration stays", extra={"reason": str(error)})

    def _file_times(self) -> dict[str, float]:
        paths = [Path(self._options.config_file), *self._loaded.config.rule_paths()]
        return {str(path): path.stat().st_mtime for path in paths if path.exists()}


def prefix_of(options: argparse.Namespace) -> str:
    """The prefix of all paths, without a slash at its end."""
    from urllib.parse import urlsplit

    prefix = options.web_route_prefix or urlsplit(options.web_external_url).path
    return "/" + prefix.strip("/") if prefix.strip("/") else ""


def worker_count(options: argparse.Namespace) -> int:
    """Threads for queries: enough to keep the processors busy while some wait for the disk, no more than queries may run."""
    return max(1, min(int(options.query_max_concurrency), 4 * (os.cpu_count() or 1)))


def storage_options(options: argparse.Namespace, config: PrometheusConfig) -> StorageOptions:
    """Settings of the storage from flags and configuration; the configuration wins."""
    section = config.storage.tsdb
    time_s = section.retention.time or options.storage_tsdb_retention or options.storage_tsdb_retention_time
    size = section.retention.size or options.storage_tsdb_retention_size
    if not time_s and not size:
        time_s = _DEFAULT_RETENTION
    more: dict[str, Any] = {}
    if options.storage_tsdb_wal_segment_size:
        more["wal_segment_bytes"] = int(options.storage_tsdb_wal_segment_size)
    kind = {"snappy": "lz4"}.get(options.storage_tsdb_wal_compression_type, options.storage_tsdb_wal_compression_type)
    return StorageOptions(
        retention_ms=Duration(time_s).ms,
        retention_bytes=int(size),
        out_of_order_window_ms=section.out_of_order_time_window.ms,
        wal_compression=kind if options.storage_tsdb_wal_compression else "none",
        downsampling=options.storage_tsdb_downsampling,
        max_exemplars=config.storage.exemplars.max_exemplars,
        **more,
    )


def scrape_settings(options: argparse.Namespace) -> ScrapeSettings:
    return ScrapeSettings(
        float(options.scrape_timestamp_tolerance) if options.scrape_adjust_timestamps else None,
        _CREATED_ZEROS in features_of(options),
    )


def sender_options(options: argparse.Namespace) -> SenderOptions:
    return SenderOptions(
        options.alertmanager_notification_queue_capacity,
        options.alertmanager_notification_batch_size,
        external_url(options),
    )


def rule_options(options: argparse.Namespace) -> RuleOptions:
    return RuleOptions(
        options.rules_alert_for_outage_tolerance.ms,
        options.rules_alert_for_grace_period.ms,
        options.rules_alert_resend_delay.ms,
        max(1, options.rules_max_concurrent_evals),
    )


def server_settings(options: argparse.Namespace) -> ServerSettings:
    """What the API needs to know of the command line."""
    return ServerSettings(
        flags=shown_flags(options),
        features=features_of(options),
        query_timeout_s=float(options.query_timeout),
        lookback_ms=options.query_lookback_delta.ms,
        cors_origin=options.web_cors_origin,
        external_url=external_url(options),
        page_title=options.web_page_title,
        admin=options.web_enable_admin_api,
        agent=options.agent,
        retention=_retention_text(options),
    )


def _retention_text(options: argparse.Namespace) -> str:
    time_s = options.storage_tsdb_retention or options.storage_tsdb_retention_time
    size = options.storage_tsdb_retention_size
    texts = [str(time_s)] if time_s else [] if size else [str(_DEFAULT_RETENTION)]
    return " or ".join([*texts, *([str(size)] if size else [])])
