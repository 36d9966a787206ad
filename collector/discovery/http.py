"""Targets from an HTTP endpoint that answers with a JSON list of groups."""

from typing import TYPE_CHECKING, Any, Final

from collector.config.discovery import HttpSdConfig
from collector.discovery.group import Publish, TargetGroup
from collector.discovery.metrics import sd_metrics
from collector.discovery.payload import parse_groups
from collector.discovery.refresh import RefreshError, keep_refreshed
from collector.discovery.registry import discoverers
from pharos.clock import Clock
from pharos.config import ConfigError
from pharos.http.client import new_client, redact_url

if TYPE_CHECKING:
    import httpx

MAX_BYTES: Final = 64 * 1024 * 1024


@discoverers.register("http_sd_configs")
class HttpDiscovery:
    """Asks one URL."""

    def __init__(self, config: HttpSdConfig, transport: "httpx.AsyncBaseTransport | None" = None) -> None:
        self._config = config
        options: dict[str, Any] = {} if transport is None else {"transport": transport}
        self._client = new_client(config, timeout_s=float(config.refresh_interval), **options)

    async def run(self, publish: Publish, clock: Clock) -> None:
        try:
            await keep_refreshed(self, "http", float(self._config.refresh_interval), publish, clock)
        finally:
            await self._client.aclose()

    async def refresh(self) -> list[TargetGroup]:
        import httpx

        url = redact_url(self._config.url)
        try:
            text = await self._get()
            groups = parse_groups(text, url)
        except (httpx.HTTPError, OSError, ConfigError, RefreshError) as error:
            sd_metrics.http_failures.inc()
            raise RefreshError(f"{url}: {error}") from error
        return [
            TargetGroup(group.targets, {**group.labels, "__meta_url": self._config.url}, f"{url}:{index}")
            for index, group in enumerate(groups)
        ]

    async def _get(self) -> str:
        headers = {
            "Accept": "application/json",
            "X-Prometheus-Refresh-Interval-Seconds": f"{self._config.refresh_interval:g}",
        }
        async with self._client.stream("GET", self._config.url, headers=headers) as answer:
            if answer.status_code != 200:
                raise RefreshError(f"server returned HTTP status {answer.status_code}")
            kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind != "application/json":
                raise RefreshError(f"unsupported content type {kind!r}, expected application/json")
            body = bytearray()
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise RefreshError(f"answer larger than {MAX_BYTES} bytes")
        return body.decode(errors="replace")
