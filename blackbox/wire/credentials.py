"""The headers that a module's HTTP client options add: authorization and custom headers."""

import base64

from blackbox.failures import ProbeError, Reason
from pharos.http.client_options import BasicAuthConfig, HeaderValues, HttpClientConfig, read_secret_file
from pharos.secret import Secret


async def authorization(config: HttpClientConfig) -> str:
    """The value of the Authorization header, or empty. Secret files are read at every probe. Raises `ProbeError`."""
    try:
        if config.basic_auth:
            return basic(*_user_and_password(config.basic_auth))
        if config.authorization:
            token = _from(config.authorization.credentials, config.authorization.credentials_file)
            return f"{config.authorization.type} {token}"
        if config.bearer_token or config.bearer_token_file:
            return f"Bearer {_from(config.bearer_token, config.bearer_token_file)}"
        if config.oauth2:
            return await _oauth2(config)
    except OSError as error:
        raise ProbeError(Reason.PERMISSION, f"cannot read a secret: {error}") from error
    return ""


def basic(user: str, password: str) -> str:
    """RFC 7617."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def custom_headers(headers: dict[str, HeaderValues]) -> list[tuple[str, str]]:
    """The `http_headers` of a module; per name the last kind given wins. Raises `ProbeError`."""
    out: list[tuple[str, str]] = []
    for name, given in headers.items():
        try:
            from_files = [read_secret_file(file) for file in given.files]
        except OSError as error:
            raise ProbeError(Reason.PERMISSION, f"cannot read header {name}: {error}") from error
        values = from_files or [secret.reveal() for secret in given.secrets] or list(given.values)
        out += [(name, value) for value in values]
    return out


def _user_and_password(config: BasicAuthConfig) -> tuple[str, str]:
    user = read_secret_file(config.username_file) if config.username_file else config.username
    return user, _from(config.password, config.password_file)


def _from(secret: Secret, file: str) -> str:
    return read_secret_file(file) if file else secret.reveal()


async def _oauth2(config: HttpClientConfig) -> str:
    import httpx

    from pharos.http.client import new_client

    async with new_client(HttpClientConfig(oauth2=config.oauth2)) as client:
        request = httpx.Request("GET", "http://token.invalid/")
        assert client.auth is not None
        flow = client.auth.async_auth_flow(request)
        try:
            signed = await anext(flow)
        except (httpx.HTTPError, KeyError, ValueError) as error:
            raise ProbeError(Reason.CONNECT, f"cannot get an OAuth2 token: {error}") from error
        finally:
            await flow.aclose()
    return str(signed.headers["Authorization"])
