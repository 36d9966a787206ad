"""`POST /api/v1/write`: takes remote write 1.0 and 2.0.

Source: the remote write specifications. What the storage refuses (out of order, too old, too far ahead) is answered with 400, so that the
sender does not try again; everything else of such a request is stored. The `...-Written` headers of 2.0 say how much that was.
"""

import asyncio
from dataclasses import dataclass
from email.message import Message
from typing import Final

import numpy as np
from prometheus_client import CollectorRegistry, Counter
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from collector.protobuf import ProtobufError
from collector.remote.snappy import decompress
from collector.remote.write_message import WriteDecoder, WriteRequest
from collector.storage.interface import Appendable, AppendReport

MAX_DECODED_BYTES: Final = 128 * 1024 * 1024
_IN_THREAD_BYTES: Final = 64 * 1024
_V1: Final = "prometheus.WriteRequest"
_V2: Final = "io.prometheus.write.v2.Request"
_WRITTEN: Final = "X-Prometheus-Remote-Write-{}-Written"


@dataclass(frozen=True, slots=True)
class Written:
    """What of a request was stored, and why the rest was not."""

    samples: int
    histograms: int
    exemplars: int
    problem: str

    def headers(self) -> dict[str, str]:
        counts = {"Samples": self.samples, "Histograms": self.histograms, "Exemplars": self.exemplars}
        return {_WRITTEN.format(name): str(count) for name, count in counts.items()}


class WriteReceiver:
    """The endpoint."""

    def __init__(self, storage: Appendable, registry: CollectorRegistry | None = None) -> None:
        self._storage = storage
        self._decoder = WriteDecoder()
        self._decoding = asyncio.Lock()
        self._invalid = Counter(
            "prometheus_api_remote_write_invalid_labels_samples",
            "The total number of received remote write samples and histogram samples which contains invalid labels.",
            registry=registry,
        )

    async def __call__(self, request: Request) -> Response:
        message = message_type(request.headers.get("content-type", ""))
        if message not in (_V1, _V2):
            return PlainTextResponse(
                f"expected application/x-protobuf as Content-Type, with proto {_V1} or {_V2}\n", 415
            )
        encoding = request.headers.get("content-encoding", "")
        if encoding not in ("", "snappy"):
            return PlainTextResponse(
                f"{encoding} encoding (compression) is not accepted by this server; only snappy\n", 415
            )
        try:
            decoded = await self._decode(await request.body(), message)
        except ValueError as error:
            return PlainTextResponse(f"{error}\n", 400)
        written = self.store(decoded, strict=message == _V2)
        await self.keep()
        headers = written.headers() if message == _V2 else {}
        if written.problem:
            return PlainTextResponse(written.problem + "\n", 400, headers)
        return Response(status_code=204, headers=headers)

    async def _decode(self, body: bytes, message: str) -> WriteRequest:
        if len(body) < _IN_THREAD_BYTES:
            return self._decode_now(body, message)
        async with self._decoding:
            return await asyncio.to_thread(self._decode_now, body, message)

    def _decode_now(self, body: bytes, message: str) -> WriteRequest:
        raw = decompress(body, MAX_DECODED_BYTES)
        try:
            return self._decoder.decode_v2(raw) if message == _V2 else self._decoder.decode_v1(raw)
        except ProtobufError as error:
            raise ValueError(f"proto: {error}") from error

    async def keep(self) -> None:
        """Comes before the answer: whoever was told that samples are taken does not send them again."""
        await asyncio.to_thread(self._storage.write_log)

    def store(self, request: WriteRequest, *, strict: bool) -> Written:
        """Append a request. `strict`: series with invalid labels are a problem (2.0), not just left out (1.0)."""
        samples = histograms = AppendReport()
        if request.series:
            samples = self._storage.append(
                request.series, np.array(request.timestamps, np.int64), np.array(request.values, np.float64)
            )
        if request.histogram_series:
            histograms = self._storage.append_histograms(
                request.histogram_series, np.array(request.histogram_times, np.int64), request.histograms
            )
        if request.exemplar_series:
            self._storage.append_exemplars(request.exemplar_series, request.exemplars)
        problems = [*_problems(samples, "sample"), *_problems(histograms, "histogram")]
        if request.invalid:
            self._invalid.inc(request.invalid)
            if strict:
                problems.append(f"{request.invalid} series with invalid labels")
        return Written(samples.appended, histograms.appended, len(request.exemplars), "; ".join(problems))


def message_type(content_type: str) -> str:
    """The protobuf message a Content-Type names; 1.0's when it names none, an empty text when it is no protobuf."""
    if not content_type:
        return _V1
    message = Message()
    message["Content-Type"] = content_type
    if message.get_content_type() != "application/x-protobuf":
        return ""
    name = message.get_param("proto", _V1)
    return name if isinstance(name, str) else ""


def _problems(report: AppendReport, what: str) -> list[str]:
    words = {
        "out of order": report.out_of_order,
        "out of bounds: too old": report.too_old,
        "out of bounds: too far in the future": report.too_far_ahead,
        "duplicate for timestamp": report.duplicate,
    }
    return [f"{count} {what}s {word}" for word, count in words.items() if count]
