"""HTTP out: an `httpx` client built from the options of `pharos.http.client_options`.

httpx is loaded with the first client: it costs 6 MB and a quarter of a second.
"""

import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    import httpx

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
) -> "httpx.AsyncClient":
    """An `httpx.AsyncClient` by these options. The caller closes it. Further `options` go to httpx."""
    import httpx

    from pharos.http.auth import authentication

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
        auth=authentication(config, folder),
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


def _asking_for(server_name: str) -> "Callable[[httpx.Request], Awaitable[None]]":
    """A hook that asks the server for, and checks, the certificate of another name than the address has."""

    async def hook(request: "httpx.Request") -> None:
        request.extensions = {**request.extensions, "sni_hostname": server_name}

    return hook


def _proxy(config: HttpClientConfig) -> "httpx.Proxy":
    import httpx

    headers = {
        name: ", ".join(value.reveal() for value in values) for name, values in config.proxy_connect_header.items()
    }
    return httpx.Proxy(config.proxy_url, headers=headers)


def _direct(no_proxy: str, verify: ssl.SSLContext | bool) -> "dict[str, httpx.AsyncBaseTransport]":
    """Transports past the proxy for the hosts of `no_proxy`, and for their sub-domains."""
    import httpx

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
