"""How a client of `pharos.http.client` proves who it is: httpx's authentication flows, with secrets that may stand in files.

Imports httpx, which the options alone do without.
"""

import time
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import httpx

from pharos.http import client
from pharos.http.client_options import (
    AuthorizationConfig,
    BasicAuthConfig,
    HttpClientConfig,
    OAuth2Config,
    read_secret_file,
)


def authentication(config: HttpClientConfig, folder: Path | None) -> httpx.Auth | None:
    """What these options ask for; None for nothing."""
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
        async with client.new_client(inner, folder=self._folder) as asking:
            answer = await asking.post(config.token_url, data=form, auth=(config.client_id, secret))
        answer.raise_for_status()
        token = answer.json()
        self._token = str(token["access_token"])
        self._expires = time.monotonic() + float(token.get("expires_in", 300)) * 0.9
