"""Remote write to one engine.

A round reads a piece of the log, sends it in parallel requests (*shards*; one series is always in one of them, so order is kept), and only
then moves the checkpoint. A restart sends a round again at worst; an engine takes the same sample twice without harm.
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable, Mapping
from pathlib import Path

import orjson

from collector.config.remote import RemoteWriteConfig
from collector.remote.sender.delivery import Delivery, RefusedError
from collector.remote.sender.encode import (
    Content,
    LogSeries,
    Outgoing,
    SeriesLabels,
    encode_metadata_v1,
    encode_v1,
    encode_v2,
    outgoing,
)
from collector.remote.sender.metrics import SenderMetrics
from collector.remote.sender.tail import Batch, LogTail, Position
from collector.scrape.page import Metadata
from pharos.clock import Clock
from pharos.http.client import redact_url

logger = logging.getLogger(__name__)

_POLL_S = 0.5


class RemoteWriter:
    """Sends what is in the log to one engine until it is cancelled."""

    def __init__(
        self,
        config: RemoteWriteConfig,
        *,
        log_folder: Path,
        state_folder: Path,
        series: LogSeries,
        external_labels: Mapping[str, str],
        metadata: Callable[[], Mapping[str, Metadata]],
        clock: Clock,
        metrics: SenderMetrics,
    ) -> None:
        self.config = config
        self.external_labels = dict(external_labels)
        name = config.name or hashlib.blake2b(config.url.encode(), digest_size=3).hexdigest()
        self._state = (
            state_folder / f"{hashlib.blake2b(f'{name} {config.url}'.encode(), digest_size=8).hexdigest()}.json"
        )
        self._clock, self._metadata, self._metrics = clock, metadata, metrics
        self._names = SeriesLabels(series, external_labels, config.write_relabel_configs)
        self._tail = LogTail(log_folder)
        self._delivery = Delivery(config, clock)
        self._marks = (name, redact_url(config.url))
        self._v2 = config.protobuf_message != "prometheus.WriteRequest"
        self.segment = 0  # of the log: this and later ones are read again after a crash
        self._metadata_due = 0.0
        self._pending: Batch | None = None
        self._reading: asyncio.Future[Batch] | None = None
        queue = config.queue_config
        metrics.shards_max.labels(*self._marks).set(queue.max_shards)
        metrics.shards_min.labels(*self._marks).set(queue.min_shards)

    async def run(self) -> None:
        """Follow the log."""
        await asyncio.to_thread(self._restore)
        waited = 0.0
        while True:
            enough = await self.round(deadline_passed=waited >= float(self.config.queue_config.batch_send_deadline))
            waited = 0.0 if enough else waited + _POLL_S
            if not enough:
                await self._clock.sleep(_POLL_S)
            await self._send_metadata()

    async def flush(self) -> None:
        """Send what the log has now."""
        while await self.round(deadline_passed=True):
            continue

    async def round(self, *, deadline_passed: bool) -> bool:
        """Read and send once; False when there was not enough to send yet."""
        queue = self.config.queue_config
        if self._pending is None or self._pending.count == 0:
            self._pending = await self._read(queue.max_shards * queue.max_samples_per_send)
        batch = self._pending
        if batch.count == 0:
            return False
        if batch.count < queue.max_samples_per_send and not deadline_passed:
            return await self._read_on(batch)
        await self._send(batch)
        self._pending = None
        await asyncio.to_thread(self._save)
        return True

    async def _read(self, limit: int) -> Batch:
        """Read in a thread. When cancelled meanwhile, the next call gets what that thread has read: nothing falls between."""
        if self._reading is None:
            self._reading = asyncio.ensure_future(asyncio.to_thread(self._tail.read, limit))
        batch = await asyncio.shield(self._reading)
        self._reading = None
        return batch

    async def _read_on(self, batch: Batch) -> bool:
        """Add what came since to a batch that is too small to be sent."""
        more = await self._read(self.config.queue_config.max_samples_per_send)
        for name in (
            "sids",
            "timestamps",
            "values",
            "histogram_sids",
            "histogram_times",
            "histogram_blobs",
            "exemplars",
        ):
            getattr(batch, name).extend(getattr(more, name))
        batch.count += more.count
        return False

    async def _send(self, batch: Batch) -> None:
        content = Content(
            exemplars=self.config.send_exemplars or self._v2,
            histograms=self.config.send_native_histograms or self._v2,
            oldest_ms=self._oldest_ms(),
        )
        series = await asyncio.to_thread(outgoing, batch, self._names, content)
        shards = self._split(series, batch.count)
        self._metrics.shards.labels(*self._marks).set(len(shards))
        self._metrics.pending.labels(*self._marks).set(batch.count)
        async with asyncio.TaskGroup() as group:
            for shard in shards:
                group.create_task(self._send_shard(shard))
        self._metrics.pending.labels(*self._marks).set(0)
        newest = max((int(times.max()) for times in batch.timestamps if len(times)), default=0)
        if newest:
            self._metrics.highest_sent.labels(*self._marks).set(newest / 1000)
        self._metrics.behind.labels(*self._marks).set(self._tail.behind_bytes())

    def _oldest_ms(self) -> int:
        limit = self.config.queue_config.sample_age_limit
        return int((self._clock.now() - limit) * 1000) if limit else 0

    def _split(self, series: list[Outgoing], count: int) -> list[list[Outgoing]]:
        """Shards, each a list of series."""
        queue = self.config.queue_config
        wanted = -(-count // queue.max_samples_per_send)
        number = max(queue.min_shards, min(queue.max_shards, wanted))
        shards: list[list[Outgoing]] = [[] for _ in range(number)]
        for one in series:
            shards[one.sid % number].append(one)
        return [shard for shard in shards if shard]

    async def _send_shard(self, series: list[Outgoing]) -> None:
        """The requests of one shard, one after the other."""
        limit = self.config.queue_config.max_samples_per_send
        request: list[Outgoing] = []
        count = 0
        for one in series:
            if request and count + one.count > limit:
                await self._send_request(request, count)
                request, count = [], 0
            request.append(one)
            count += one.count
        await self._send_request(request, count)

    async def _send_request(self, series: list[Outgoing], count: int) -> None:
        body = encode_v2(series, self._metadata()) if self._v2 else encode_v1(series)
        before = self._delivery.retries
        try:
            size = await self._delivery.send(body)
        except RefusedError as error:
            self._metrics.samples_failed.labels(*self._marks).inc(count)
            logger.error(
                "Remote write refused, samples are lost there", extra={"url": self._marks[1], "reason": str(error)}
            )
            return
        self._metrics.samples.labels(*self._marks).inc(count)
        self._metrics.bytes.labels(*self._marks).inc(size)
        self._metrics.samples_retried.labels(*self._marks).inc(count * (self._delivery.retries - before))

    async def _send_metadata(self) -> None:
        config = self.config.metadata_config
        if self._v2 or not config.send or self._clock.monotonic() < self._metadata_due:
            return
        self._metadata_due = self._clock.monotonic() + float(config.send_interval)
        known = list(self._metadata().items())
        for start in range(0, len(known), config.max_samples_per_send):
            piece = dict(known[start : start + config.max_samples_per_send])
            try:
                await self._delivery.send(encode_metadata_v1(piece))
                self._metrics.metadata.labels(*self._marks).inc(len(piece))
            except RefusedError as error:
                logger.debug("Remote write refused metadata", extra={"url": self._marks[1], "reason": str(error)})

    def _restore(self) -> None:
        """Go on at the checkpoint; without one begin with what comes now."""
        try:
            saved = orjson.loads(self._state.read_bytes())
            self._tail.start_at(Position(int(saved["segment"]), int(saved["offset"])))
            self.segment = self._tail.position.segment
        except FileNotFoundError:
            self._tail.start_at_end()
            self._save()
        except (ValueError, KeyError, TypeError) as error:
            logger.error(
                "Cannot use the checkpoint of remote write, starting anew",
                extra={"file": self._state, "reason": str(error)},
            )
            self._tail.start_at_end()

    def _save(self) -> None:
        position = self._tail.position
        temporary = self._state.with_suffix(".tmp")
        self._state.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(
            orjson.dumps({"segment": position.segment, "offset": position.offset, "url": self._marks[1]})
        )
        temporary.replace(self._state)
        self.segment = position.segment

    async def close(self) -> None:
        await self._delivery.close()
