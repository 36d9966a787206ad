"""All `remote_write` sections: one writer each, kept as long as its section does not change."""

import asyncio
import contextlib
import logging
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from prometheus_client import CollectorRegistry

from collector.config.prometheus import PrometheusConfig
from collector.config.remote import RemoteWriteConfig
from collector.remote.sender.encode import LogSeries
from collector.remote.sender.metrics import SenderMetrics
from collector.remote.sender.writer import RemoteWriter
from collector.scrape.page import Metadata
from pharos.clock import Clock

logger = logging.getLogger(__name__)


class RemoteWriteManager:
    """Sends the log of the storage in `path` as the configuration says. `series`: the series by their numbers in the log."""

    def __init__(
        self,
        path: Path,
        series: LogSeries,
        metadata: Callable[[], Mapping[str, Metadata]],
        clock: Clock,
        registry: CollectorRegistry,
    ) -> None:
        self._log, self._state = path / "wal", path / "remote"
        self._series, self._metadata, self._clock = series, metadata, clock
        self._metrics = SenderMetrics(registry)
        self._writers: list[tuple[RemoteWriter, asyncio.Task[None]]] = []
        self._stopped = asyncio.Event()

    async def apply(self, config: PrometheusConfig) -> None:
        """Take a configuration; call it after the storage is open."""
        external = config.global_.external_labels
        wanted = list(config.remote_write)
        kept = []
        for writer, task in self._writers:
            if writer.config in wanted and writer.external_labels == external:
                wanted.remove(writer.config)
                kept.append((writer, task))
            else:
                await _end(writer, task)
        self._writers = kept + [self._begin(section, external) for section in wanted]

    def _begin(
        self, section: RemoteWriteConfig, external: Mapping[str, str]
    ) -> tuple[RemoteWriter, asyncio.Task[None]]:
        writer = RemoteWriter(
            section,
            log_folder=self._log,
            state_folder=self._state,
            series=self._series,
            external_labels=external,
            metadata=self._metadata,
            clock=self._clock,
            metrics=self._metrics,
        )
        return writer, asyncio.create_task(writer.run(), name=f"remote-write:{section.name or section.url}")

    def oldest_segment(self) -> int:
        """The oldest segment of the log that is not sent yet."""
        return min((writer.segment for writer, _ in self._writers), default=sys.maxsize)

    async def run(self) -> None:
        """Until `stop`; raises when a writer died, which no engine can cause."""
        while not self._stopped.is_set():
            for _, task in self._writers:
                if task.done() and not task.cancelled():
                    task.result()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._stopped.wait()

    async def stop(self, flush_s: float = 0.0) -> None:
        """End all writers, after sending what the log has when that takes no longer than `flush_s`."""
        self._stopped.set()
        for writer, task in self._writers:
            task.cancel()
            await asyncio.wait({task})
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(flush_s):
                    await writer.flush()
            await writer.close()
        self._writers = []


async def _end(writer: RemoteWriter, task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task})
    await writer.close()
