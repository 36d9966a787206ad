"""`pharos logstore`: wires the store, its HTTP API, retention and its own metrics."""

import argparse
import asyncio
import gc
import itertools
import logging
from pathlib import Path
from typing import Final

from pharos import flags as flag_kit
from pharos.clock import Clock, SystemClock
from pharos.durations import Duration
from pharos.flags import Flags
from pharos.http.options import WebOptions
from pharos.service import Service
from pharos.sizes import Size

logger = logging.getLogger(__name__)

RETENTION_CHECK_S: Final = 60.0
GC_THRESHOLDS: Final = (100_000, 50, 100)
"""A bulk request is ten thousand dictionaries without cycles: looking for cycles among them took a sixth of the time of a write."""
BODY_LIMIT: Final = 128 * 1024 * 1024


def add_flags(flags: Flags) -> None:
    flags.add(
        "storage.path", "Folder of the indices (default data/logs-store).", default="data/logstore", metavar="DIR"
    )
    flags.add(
        "retention.time",
        "Drop documents of data streams older than this; 0 keeps them (default 15d).",
        default=Duration.parse("15d"),
        type=flag_kit.duration,
        metavar="DURATION",
    )
    flags.add(
        "retention.size",
        "Drop the oldest days of data streams when the store is larger; 0B for no limit (default 0B).",
        default=Size(0),
        type=flag_kit.size,
        metavar="SIZE",
    )


def build(options: argparse.Namespace) -> Service:
    web = flag_kit.web_options(options, body_limit=BODY_LIMIT)
    return LogStore(Path(options.storage_path), web, options.retention_time, options.retention_size)


class LogStore(Service):
    """The log store as a service."""

    name = "logstore"

    def __init__(
        self,
        folder: Path,
        web: WebOptions,
        retention: Duration = Duration(0),
        retention_size: int = 0,
        clock: Clock | None = None,
    ) -> None:
        super().__init__()
        self._folder, self._web_options = folder, web
        self._retention, self._retention_size = retention, retention_size
        self._clock = clock or SystemClock()
        self._writer_failed = asyncio.Event()

    async def open(self) -> None:
        from logstore.api import routes
        from logstore.metrics import StoreMetrics
        from logstore.store import Store
        from pharos.http.server import WebServer

        gc.set_threshold(*GC_THRESHOLDS)
        self.store = Store(self._folder, self._clock)
        failed, loop = self._writer_failed, asyncio.get_running_loop()
        self.store.ingest.on_failure = lambda: loop.call_soon_threadsafe(failed.set)
        await asyncio.to_thread(self.store.open)
        metrics = StoreMetrics(self.store)
        self.web = WebServer(
            self._web_options,
            routes(self.store),
            registry=metrics.registry,
            ready=lambda: self.store.ingest.failure is None,
        )
        await self.web.start()
        self.spawn(self._retain(), "retention")
        self.spawn(self._end_with_the_writer(), "writer watch")
        logger.info("Store open", extra={"folder": str(self._folder), "indices": len(self.store.catalog.generations)})

    async def close(self) -> None:
        if hasattr(self, "web"):
            await self.web.stop()
        if hasattr(self, "store"):
            await asyncio.to_thread(self.store.close)

    async def reload(self) -> None:
        self.web.reload_web_config()

    async def _end_with_the_writer(self) -> None:
        """A store that cannot write ends, so that whoever runs it starts it again; what was acknowledged is replayed."""
        await self._writer_failed.wait()
        raise RuntimeError(f"the store can no longer write: {self.store.ingest.failure}")

    async def _retain(self) -> None:
        while True:
            await self._clock.sleep(RETENTION_CHECK_S)
            await self.apply_retention()

    async def apply_retention(self) -> None:
        """Drop what is too old or too much."""
        from logstore.retention import Backing, expired

        catalog = self.store.catalog
        backings = []
        for stream, names in catalog.stored.streams.items():
            own = catalog.stored.lifecycles.get(stream, {}).get("data_retention")
            own_ms = Duration.parse(own).ms if own else None
            for name, following in itertools.pairwise(names):
                closed = catalog.generations[following].created_ms
                backings.append(Backing(name, closed, catalog.generations[name].size_bytes(), own_ms))
        total = sum(generation.size_bytes() for generation in catalog.generations.values())
        gone = expired(backings, self.store.now_ms(), self._retention.ms, self._retention_size, total)
        if gone:
            await self.store.drop([catalog.generations[name] for name in gone])
