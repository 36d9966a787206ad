"""HTTP out: an `httpx` client built from the options of `pharos.http.client_options`.

Importing httpx costs 6 MB: who only reads options imports them from there.
"""

import ssl
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from pathlib import Path
from typing import Any

import httpx

from pharos.http.client_options import (
    USER_AGENT,
    AuthorizationConfig,
    BasicAuthConfig,
    HeaderValues,
    HttpClientConfig,
    OAuth2Config,
    TlsConfig,
    TlsVersion,
    client_tls_context,
    read_secret_file,
    redact_url,
)

__all__ = [
    "USER_AGENT",
    "AuthorizationConfig",
    "BasicAuthConfig",
    "HeaderValues",
    "HttpClientConfig",
    "OAuth2Config",
    "TlsConfig",
    "TlsVersion",
    "client_tls_context",
    "new_client",
    "read_secret_file",
    "redact_url",
]


def new_client(
    config: HttpClientConfig | None = None, *, timeout_s: float = 30.0, folder: Path | None = None, **options: Any
) -> httpx.AsyncClient:
    """An `httpx.AsyncClient` by these options. The caller closes it. Further `options` go to httpx."""
    config = config or HttpClientConfig()
    verify: ssl.SSLContext | bool = True
    if config.tls_config != TlsConfig():
        verify = client_tls_context(config.tls_config, folder)
    if config.tls_config.server_name:
        options.setdefault("event_hooks", {}).setdefault("request", []).append(
            _asking_for(config.tls_config.server_name)
        )
    if config.proxy_url:
        options.setdefault("proxy", _proxy(config))
        options.setdefault("mounts", _direct(config.no_proxy, verify))
    return httpx.AsyncClient(
        auth=_auth(config, folder),
        headers={"User-Agent": USER_AGENT, **_headers(config, folder)},
        verify=verify,
        timeout=timeout_s,
        follow_redirects=config.follow_redirects,
        http2=config.enable_http2 and _has_tls_features(config),
        trust_env=config.proxy_from_environment,
        **options,
    )


def _has_tls_features(config: HttpClientConfig) -> bool:
    """HTTP/2 is only negotiated over TLS; without it the h2 machinery would be loaded for nothing."""
    return config.tls_config != TlsConfig()


def _asking_for(server_name: str) -> Callable[[httpx.Request], Awaitable[None]]:
    """A hook that asks the server for, and checks, the certificate of another name than the address has."""

    async def hook(request: httpx.Request) -> None:
        request.extensions = {**request.extensions, "sni_hostname": server_name}

    return hook


def _proxy(config: HttpClientConfig) -> httpx.Proxy:
    headers = {
        name: ", ".join(value.reveal() for value in values) for name, values in config.proxy_connect_header.items()
    }
    return httpx.Proxy(config.proxy_url, headers=headers)


def _direct(no_proxy: str, verify: ssl.SSLContext | bool) -> dict[str, httpx.AsyncBaseTransport]:
    """Transports past the proxy for the hosts of `no_proxy`, and for their sub-domains."""
    hosts = [host.strip().lstrip(".") for host in no_proxy.split(",") if host.strip()]
    patterns = [pattern for host in hosts for pattern in (f"all://{host}", f"all://*.{host}")]
    return {pattern: httpx.AsyncHTTPTransport(verify=verify) for pattern in patterns}


def _headers(config: HttpClientConfig, folder: Path | None) -> dict[str, str]:
    out = {}
    for name, given in config.http_headers.items():
        texts = [
            *given.values,
            *(s.reveal() for s in given.secrets),
            *(read_secret_file(f, folder) for f in given.files),
        ]
        out[name] = ", ".join(texts)
    return out


def _auth(config: HttpClientConfig, folder: Path | None) -> httpx.Auth | None:
    if config.basic_auth:
        return _BasicAuth(config.basic_auth, folder)
    if config.oauth2:
        return _OAuth2(config.oauth2, folder)
    authorization = config.authorization
    if authorization is None and (config.bearer_token or config.bearer_token_file):
        authorization = AuthorizationConfig("Bearer", config.bearer_token, config.bearer_token_file)
    return _Authorization(authorization, folder) if authorization else None


class _BasicAuth(httpx.Auth):
    def __init__(self, config: BasicAuthConfig, folder: Path | None) -> None:
        self._config, self._folder = config, folder

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        config = self._config
        user = read_secret_file(config.username_file, self._folder) if config.username_file else config.username
        password = (
            read_secret_file(config.password_file, self._folder) if config.password_file else config.password.reveal()
        )
        yield from httpx.BasicAuth(user, password).auth_flow(request)


class _Authorization(httpx.Auth):
    def __init__(self, config: AuthorizationConfig, folder: Path | None) -> None:
        self._config, self._folder = config, folder

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        config = self._config
        credentials = (
            read_secret_file(config.credentials_file, self._folder)
            if config.credentials_file
            else config.credentials.reveal()
        )
        request.headers["Authorization"] = f"{config.type} {credentials}"
        yield request


class _OAuth2(httpx.Auth):
    """Fetches a token when none is held or the held one is about to expire."""

    requires_response_body = True

    def __init__(self, config: OAuth2Config, folder: Path | None) -> None:
        self._config, self._folder = config, folder
        self._token, self._expires = "", 0.0

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        if not self._token or time.monotonic() > self._expires:
            await self._fetch()
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request

    async def _fetch(self) -> None:
        config = self._config
        secret = (
            read_secret_file(config.client_secret_file, self._folder)
            if config.client_secret_file
            else config.client_secret.reveal()
        )
        form = {"grant_type": "client_credentials", **config.endpoint_params}
        if config.scopes:
            form["scope"] = " ".join(config.scopes)
        inner = HttpClientConfig(tls_config=config.tls_config, proxy_url=config.proxy_url)
        async with new_client(inner, folder=self._folder) as client:
            answer = await client.post(config.token_url, data=form, auth=(config.client_id, secret))
        answer.raise_for_status()
        token = answer.json()
        self._token = str(token["access_token"])
        self._expires = time.monotonic() + float(token.get("expires_in", 300)) * 0.9
