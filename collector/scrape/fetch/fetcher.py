"""Fetches the page of one target: lean over its own connection where that will do, with httpx through proxies, OAuth2 and redirects."""

import asyncio
import base64
import socket
import ssl
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from collector.config.scrape import ScrapeConfig
from collector.scrape.fetch.response import (
    MAX_BODY_BYTES,
    BodyLimitError,
    FetchError,
    Response,
    check_status,
    limit_on_the_wire,
    unpack,
)
from collector.scrape.fetch.wire import Answer, BufferPool, Wire, connect
from collector.scrape.negotiate import accept_header
from pharos.http.client import USER_AGENT, client_tls_context, new_client, read_secret_file

if TYPE_CHECKING:
    import httpx

_REDIRECTS = (301, 302, 303, 307, 308)


class Fetcher:
    """One target's client. Not to be used by two tasks at once."""

    def __init__(self, url: str, config: ScrapeConfig, timeout_s: float, pool: BufferPool) -> None:
        self._url, self._config, self._timeout_s, self._pool = url, config, timeout_s, pool
        self._parts: SplitResult = urlsplit(url)
        # A page of just `body_size_limit` bytes is too large, in Prometheus too.
        self._limit = int(config.body_size_limit) - 1 if config.body_size_limit else MAX_BODY_BYTES
        self._wire: Wire | None = None
        self._tls: ssl.SSLContext | None = None
        self._client: httpx.AsyncClient | None = None
        self._redirected = False
        self._fixed_request = b"" if _reads_files(config) else self._request()

    @property
    def _lean(self) -> bool:
        config = self._config
        return not (self._redirected or config.proxy_url or config.proxy_from_environment or config.oauth2)

    async def fetch(self) -> Response:
        """The page, within the target's timeout. Raises `FetchError`."""
        deadline = asyncio.get_running_loop().time() + self._timeout_s
        try:
            if self._lean:
                return await self._fetch_lean(deadline)
            return await self._fetch_with_httpx(deadline)
        except TimeoutError:
            raise self._error("context deadline exceeded") from None
        except ConnectionRefusedError as error:
            raise self._error(f"dial tcp {await self._dialled()}: connect: connection refused") from error
        except (OSError, ValueError) as error:
            raise self._error(_reason(error)) from error

    async def _dialled(self) -> str:
        """The address behind the host, as Go's errors name it."""
        parts = urlsplit(self._url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        found = await asyncio.get_running_loop().getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
        host = str(found[0][4][0])
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def _error(self, reason: str) -> FetchError:
        return FetchError(f'Get "{self._url}": {reason}')

    async def _fetch_lean(self, deadline: float) -> Response:
        answer = await self._ask(deadline)
        wire = self._wire
        assert wire is not None
        try:
            if answer.status in _REDIRECTS and self._config.follow_redirects:
                self._redirected = True
                wire.close()
                return await self._fetch_with_httpx(deadline)
            if answer.status != 200:
                wire.close()
            check_status(answer.status, answer.reason)
            body = await unpack(answer.body, answer.header(b"content-encoding"), self._limit)
        except BaseException:
            wire.release()
            raise
        return Response(answer.header(b"content-type"), body, wire.release)

    async def _ask(self, deadline: float) -> Answer:
        request = self._fixed_request or self._request()
        if self._wire is not None and self._wire.usable:
            try:
                return await self._wire.ask(request, self._limit, deadline)
            except (FetchError, OSError) as error:
                if self._wire.answered_bytes or isinstance(error, TimeoutError):
                    raise
                # The server closed the idle connection just as we wrote: ask again on a new one.
        port = self._parts.port or (443 if self._parts.scheme == "https" else 80)
        async with asyncio.timeout_at(deadline):
            self._wire = await connect(
                self._parts.hostname or "",
                port,
                self._pool,
                self._tls_context(),
                self._config.tls_config.server_name or None,
            )
        try:
            return await self._wire.ask(request, self._limit, deadline)
        except FetchError as error:
            if isinstance(error, BodyLimitError):
                raise
            raise self._error(str(error)) from error

    def _tls_context(self) -> ssl.SSLContext | None:
        if self._parts.scheme == "https" and self._tls is None:
            self._tls = client_tls_context(self._config.tls_config)
        return self._tls

    def _request(self) -> bytes:
        path = self._parts.path or "/"
        target = f"{path}?{self._parts.query}" if self._parts.query else path
        headers = {"Host": self._parts.netloc.rpartition("@")[2], **self._headers()}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"GET {target} HTTP/1.1\r\n{lines}\r\n".encode("latin-1", errors="replace")

    def _headers(self) -> dict[str, str]:
        config = self._config
        headers = {
            "User-Agent": USER_AGENT,
            "Accept": accept_header(config),
            "Accept-Encoding": "gzip" if config.enable_compression else "identity",
            "X-Prometheus-Scrape-Timeout-Seconds": f"{self._timeout_s:g}",
        }
        for name, given in config.http_headers.items():
            texts = [*given.values, *(s.reveal() for s in given.secrets), *(read_secret_file(f) for f in given.files)]
            headers[name] = ", ".join(texts)
        authorization = _authorization(config)
        if authorization:
            headers["Authorization"] = authorization
        return headers

    async def _fetch_with_httpx(self, deadline: float) -> Response:
        async with asyncio.timeout_at(deadline):
            return await self._stream_with_httpx()

    async def _stream_with_httpx(self) -> Response:
        import httpx

        try:
            return await self._ask_httpx()
        except httpx.HTTPError as error:
            raise self._error(_reason(error)) from error

    async def _ask_httpx(self) -> Response:
        if self._client is None:
            self._client = new_client(self._config, timeout_s=self._timeout_s, max_redirects=10)
        headers = self._headers()
        headers.pop("Authorization", None)
        chunks: list[bytes] = []
        size = 0
        async with self._client.stream("GET", self._url, headers=headers) as answer:
            check_status(answer.status_code, answer.reason_phrase)
            encoding = answer.headers.get("content-encoding", "")
            packed_limit = limit_on_the_wire(encoding, self._limit)
            async for chunk in answer.aiter_raw():
                size += len(chunk)
                if size > packed_limit:
                    raise BodyLimitError
                chunks.append(chunk)
            body = await unpack(b"".join(chunks), encoding, self._limit)
            return Response(answer.headers.get("content-type", ""), body)

    async def close(self) -> None:
        if self._wire is not None:
            await self._wire.closed()
        if self._client is not None:
            await self._client.aclose()


def _reads_files(config: ScrapeConfig) -> bool:
    """Whether secrets stand in files, which may change between two requests."""
    basic, authorization = config.basic_auth, config.authorization
    return bool(
        config.bearer_token_file
        or (basic and (basic.username_file or basic.password_file))
        or (authorization and authorization.credentials_file)
        or any(given.files for given in config.http_headers.values())
    )


def _authorization(config: ScrapeConfig) -> str:
    if config.basic_auth:
        basic = config.basic_auth
        user = read_secret_file(basic.username_file) if basic.username_file else basic.username
        password = read_secret_file(basic.password_file) if basic.password_file else basic.password.reveal()
        return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    if config.authorization:
        given = config.authorization
        secret = read_secret_file(given.credentials_file) if given.credentials_file else given.credentials.reveal()
        return f"{given.type} {secret}"
    if config.bearer_token or config.bearer_token_file:
        secret = (
            read_secret_file(config.bearer_token_file) if config.bearer_token_file else config.bearer_token.reveal()
        )
        return f"Bearer {secret}"
    return ""


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
