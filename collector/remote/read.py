"""`POST /api/v1/read`: gives samples to another Prometheus (response type SAMPLES)."""

import asyncio
from collections.abc import Callable, Iterator, Mapping

import numpy as np
from prometheus_client import CollectorRegistry, Gauge
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from collector.remote.read_message import (
    ReadQuery,
    decode_read_request,
    encode_histograms,
    encode_labels,
    encode_read_response,
    encode_samples,
)
from collector.remote.receiver import MAX_DECODED_BYTES
from collector.remote.snappy import compress, decompress
from collector.storage.interface import DensePart, FlatPart, Queryable, Selection, TooManySamplesError
from pharos.labels import Labels


class ReadServer:
    """The endpoint. `external_labels`: added to every series, and taken out of the question when they match."""

    def __init__(
        self,
        storage: Queryable,
        *,
        external_labels: Callable[[], Mapping[str, str]] = dict,
        sample_limit: int = 50_000_000,
        concurrency: int = 10,
        registry: CollectorRegistry | None = None,
    ) -> None:
        self._storage, self._external, self._limit = storage, external_labels, sample_limit
        self._slots = asyncio.Semaphore(concurrency)
        self._running = Gauge(
            "prometheus_api_remote_read_queries",
            "The current number of remote read queries being executed or waiting.",
            registry=registry,
        )

    async def __call__(self, request: Request) -> Response:
        try:
            queries = decode_read_request(decompress(await request.body(), MAX_DECODED_BYTES))
        except ValueError as error:
            return PlainTextResponse(f"{error}\n", 400)
        with self._running.track_inprogress():
            async with self._slots:
                try:
                    body = await asyncio.to_thread(self.answer, queries)
                except TooManySamplesError as error:
                    return PlainTextResponse(f"{error}\n", 400)
        return Response(body, 200, {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy"})

    def answer(self, queries: list[ReadQuery]) -> bytes:
        """The compressed answer. Raises `TooManySamplesError`."""
        external = dict(self._external())
        return compress(encode_read_response(self._series(query, external) for query in queries))

    def _series(self, query: ReadQuery, external: Labels) -> Iterator[bytes]:
        matchers = [m for m in query.matchers if not (m.name in external and m.matches(external))]
        selection = self._storage.select(matchers, query.min_ms, query.max_ms, sample_limit=self._limit)
        found = sorted((sorted({**external, **labels}.items()), samples) for labels, samples in each_series(selection))
        for labels, samples in found:
            yield encode_labels(dict(labels)) + samples


def each_series(selection: Selection) -> Iterator[tuple[Labels, bytes]]:
    """Labels and encoded samples of every series."""
    for part in selection.parts:
        if isinstance(part, DensePart):
            for index, row in enumerate(part.rows.tolist()):
                yield selection.labels.labels(row), encode_samples(part.timestamps, part.values[index])
        else:
            for index, row in enumerate(part.rows.tolist()):
                yield selection.labels.labels(row), _flat_samples(part, index)


def _flat_samples(part: FlatPart, index: int) -> bytes:
    own = slice(int(part.offsets[index]), int(part.offsets[index + 1]))
    times, values = part.timestamps[own], part.values[own]
    if part.histograms is None:
        return encode_samples(times, values)
    histograms = part.histograms[own]
    is_float = np.array([histogram is None for histogram in histograms], np.bool_)
    return encode_samples(times[is_float], values[is_float]) + encode_histograms(
        times[~is_float].tolist(), histograms[~is_float]
    )
