"""`POST /api/v1/read`: gives samples to another Prometheus, as a stream of chunks or as one list."""

import asyncio
from collections.abc import Callable, Iterator, Mapping

import numpy as np
from prometheus_client import CollectorRegistry, Gauge
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from collector.remote.read_message import (
    ReadQuery,
    ReadRequest,
    decode_read_request,
    encode_histograms,
    encode_labels,
    encode_read_response,
    encode_samples,
)
from collector.remote.receiver import MAX_DECODED_BYTES
from collector.remote.snappy import compress, decompress
from collector.remote.streamed import MEDIA_TYPE, can_stream, frames
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
            asked = decode_read_request(decompress(await request.body(), MAX_DECODED_BYTES))
        except ValueError as error:
            return PlainTextResponse(f"{error}\n", 400)
        with self._running.track_inprogress():
            async with self._slots:
                try:
                    return await asyncio.to_thread(self._answer, asked)
                except (TooManySamplesError, ValueError) as error:
                    return PlainTextResponse(f"{error}\n", 400)

    def _answer(self, asked: ReadRequest) -> Response:
        """A stream when the reader takes one and all samples fit into it. Raises `TooManySamplesError` or `ValueError`."""
        external = dict(self._external())
        if asked.streamed:
            found = [self._select(query, external) for query in asked.queries]
            if all(
                can_stream(one, query.min_ms, query.max_ms) for one, query in zip(found, asked.queries, strict=True)
            ):
                chunks = (frame for number, one in enumerate(found) for frame in frames(one, external, number))
                return StreamingResponse(chunks, 200, media_type=MEDIA_TYPE)
            if not asked.sampled:
                raise ValueError("native histograms are only sent as response type SAMPLES")
        body = compress(encode_read_response(self._series(query, external) for query in asked.queries))
        return Response(body, 200, {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy"})

    def _select(self, query: ReadQuery, external: Labels) -> Selection:
        matchers = [m for m in query.matchers if not (m.name in external and m.matches(external))]
        return self._storage.select(matchers, query.min_ms, query.max_ms, sample_limit=self._limit)

    def _series(self, query: ReadQuery, external: Labels) -> Iterator[bytes]:
        selection = self._select(query, external)
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
