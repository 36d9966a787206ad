"""One request to one engine, tried until it is taken or refused for good."""

import asyncio
import logging

from collector.config.remote import RemoteWriteConfig
from collector.remote.snappy import compress
from pharos.clock import Clock
from pharos.http.client import new_client, redact_url

logger = logging.getLogger(__name__)

_V2 = "io.prometheus.write.v2.Request"


class RefusedError(Exception):
    """The engine does not want this request, now or ever."""


class Delivery:
    """Posts bodies. Network errors, 5xx and (when configured) 429 are tried again with growing pauses."""

    def __init__(self, config: RemoteWriteConfig, clock: Clock) -> None:
        self._config, self._clock = config, clock
        self._client = new_client(config, timeout_s=float(config.remote_timeout))
        version = "2.0.0" if config.protobuf_message == _V2 else "0.1.0"
        self._headers = {
            **config.headers,
            "Content-Type": f"application/x-protobuf;proto={_V2}"
            if config.protobuf_message == _V2
            else "application/x-protobuf",
            "Content-Encoding": "snappy",
            "X-Prometheus-Remote-Write-Version": version,
        }
        self.retries = 0

    async def send(self, body: bytes) -> int:
        """Deliver a request; the bytes sent. Raises `RefusedError`."""
        packed = await asyncio.to_thread(compress, body) if len(body) > 64 * 1024 else compress(body)
        pause = float(self._config.queue_config.min_backoff)
        while True:
            problem, wait = await self._attempt(packed)
            if not problem:
                return len(packed)
            self.retries += 1
            if self.retries % 20 == 1:
                logger.warning(
                    "Remote write failed, trying again", extra={"url": redact_url(self._config.url), "reason": problem}
                )
            await self._clock.sleep(max(pause, wait))
            pause = min(2 * pause, float(self._config.queue_config.max_backoff))

    async def _attempt(self, packed: bytes) -> tuple[str, float]:
        """Empty text: taken. Else what to try again for, and how long the engine asked to wait. Raises `RefusedError`."""
        import httpx

        try:
            answer = await self._client.post(self._config.url, content=packed, headers=self._headers)
        except (httpx.HTTPError, OSError) as error:
            return f"{type(error).__name__}: {error}", 0.0
        status = answer.status_code
        if status // 100 == 2:
            return "", 0.0
        problem = f"server returned HTTP status {status} {answer.reason_phrase}: {answer.text[:200].strip()}"
        if status // 100 == 5 or (status == 429 and self._config.queue_config.retry_on_http_429):
            after = answer.headers.get("retry-after", "")
            return problem, float(after) if after.isdigit() else 0.0
        raise RefusedError(problem)

    async def close(self) -> None:
        await self._client.aclose()
