"""What all data sources share: a name, a base URL, one HTTP client, and errors that say which source failed and why."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx
import orjson

from pharos.http.client import HttpClientConfig, new_client

Kind = Literal["unreachable", "refused", "unreadable"]


class SourceError(Exception):
    """A source could not answer. `status` is the HTTP status to pass on to the browser."""

    def __init__(self, kind: Kind, message: str, status: int = 502) -> None:
        super().__init__(message)
        self.kind, self.message, self.status = kind, message, status


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """One data source: `uid` in URLs and dashboards, `type` as Grafana names it."""

    uid: str
    name: str
    type: str
    url: str
    http: HttpClientConfig = field(default_factory=HttpClientConfig)
    timeout_s: float = 30.0
    scrape_interval_ms: int = 15_000


@contextlib.asynccontextmanager
async def patience(source: "Source", seconds: float) -> AsyncIterator["Source"]:
    """For a page that somebody waits for: a source that hangs longer counts as not reachable. Raises `SourceError`."""
    try:
        async with asyncio.timeout(seconds):
            yield source
    except TimeoutError as error:
        raise SourceError("unreachable", f"{source.config.name} did not answer within {seconds:g} s", 504) from error


class Source:
    """An HTTP client for one configured source."""

    def __init__(self, config: SourceConfig, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.config = config
        options: dict[str, Any] = {"transport": transport} if transport else {}
        self.client = new_client(
            config.http,
            timeout_s=config.timeout_s,
            base_url=config.url.rstrip("/"),
            limits=httpx.Limits(max_connections=16, max_keepalive_connections=6, keepalive_expiry=60),
            **options,
        )

    async def close(self) -> None:
        await self.client.aclose()

    async def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """The answer, whatever its status. Raises `SourceError` when there is none."""
        try:
            return await self.client.request(method, path, **options)
        except httpx.TimeoutException as error:
            limit = options.get("timeout", self.config.timeout_s)
            raise SourceError("unreachable", f"{self.config.name} did not answer within {limit:g} s", 504) from error
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            raise SourceError(
                "unreachable", f"{self.config.name} cannot be reached at {self.config.url}: {reason}"
            ) from error

    def decode(self, answer: httpx.Response) -> Any:
        """The JSON body. Raises `SourceError` when it is none."""
        try:
            return orjson.loads(answer.content)
        except orjson.JSONDecodeError as error:
            text = answer.text[:200].strip()
            raise SourceError(
                "refused" if answer.is_error else "unreadable",
                f"{self.config.name} answered {answer.status_code}: {text or 'nothing'}",
            ) from error

    async def fetch_json(self, method: str, path: str, **options: Any) -> Any:
        """The decoded body of a successful answer. Raises `SourceError`."""
        answer = await self.send(method, path, **options)
        if answer.is_error:
            raise SourceError("refused", self.describe(answer), answer.status_code)
        return self.decode(answer)

    def describe(self, answer: httpx.Response) -> str:
        """The source's own words about an error."""
        try:
            body = orjson.loads(answer.content)
        except orjson.JSONDecodeError:
            body = answer.text[:300].strip()
        if isinstance(body, Mapping):
            body = body.get("error") or body.get("message") or body
            if isinstance(body, Mapping):
                body = body.get("reason") or body
        return str(body or f"{self.config.name} answered {answer.status_code}")
