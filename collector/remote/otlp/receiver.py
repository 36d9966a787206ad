"""`POST /api/v1/otlp/v1/metrics`: OTLP over HTTP, protobuf or JSON, plain or gzip."""

import asyncio
import logging
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from collector.config.remote import OtlpConfig
from collector.remote.otlp.decode import decode_request
from collector.remote.otlp.decode_json import decode_json
from collector.remote.otlp.translate import Translated, translate
from collector.remote.receiver import MAX_DECODED_BYTES, WriteReceiver
from collector.scrape.fetch.response import FetchError, gunzip

logger = logging.getLogger(__name__)

_PROTOBUF, _JSON = "application/x-protobuf", "application/json"


class OtlpReceiver:
    """The endpoint. `config` is asked at each request, so that a reload takes effect."""

    def __init__(self, receiver: WriteReceiver, config: Callable[[], OtlpConfig] = OtlpConfig) -> None:
        self._receiver, self._config = receiver, config

    async def __call__(self, request: Request) -> Response:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in (_PROTOBUF, _JSON):
            return PlainTextResponse(f"unsupported content type: {kind}, supported: [{_JSON}, {_PROTOBUF}]\n", 415)
        encoding = request.headers.get("content-encoding", "")
        if encoding not in ("", "identity", "gzip"):
            return PlainTextResponse(f"unsupported compression: {encoding}, supported: gzip\n", 415)
        body = await request.body()
        try:
            translated = await asyncio.to_thread(self._read, body, kind, encoding)
        except (ValueError, FetchError) as error:
            return PlainTextResponse(f"{error}\n", 400)
        if translated.problems:
            logger.warning(
                "Left out of an OTLP request", extra={"problems": "; ".join(sorted(set(translated.problems)))}
            )
        written = self._receiver.store(translated.request, strict=False)
        await self._receiver.keep()
        if written.problem:
            return PlainTextResponse(written.problem + "\n", 400)
        return Response(b"" if kind == _PROTOBUF else b"{}", 200, media_type=kind)

    def _read(self, body: bytes, kind: str, encoding: str) -> Translated:
        raw = gunzip(body, MAX_DECODED_BYTES) if encoding == "gzip" else body
        resources = decode_request(raw) if kind == _PROTOBUF else decode_json(raw)
        return translate(resources, self._config())
