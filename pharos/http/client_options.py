"""The options of HTTP out that Prometheus, Alertmanager and blackbox_exporter share: classes only, no HTTP library behind them.

Source: the `<http_config>`, `<tls_config>`, `<oauth2>` and `<authorization>` sections of the Prometheus configuration documentation.
"""

import re
import ssl
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pharos import __version__
from pharos.config import FieldError
from pharos.secret import Secret

TlsVersion = Literal["TLS10", "TLS11", "TLS12", "TLS13"]
USER_AGENT = f"Pharos/{__version__}"
_EMPTY = Secret("")
_VERSIONS = {
    "TLS10": ssl.TLSVersion.TLSv1,
    "TLS11": ssl.TLSVersion.TLSv1_1,
    "TLS12": ssl.TLSVersion.TLSv1_2,
    "TLS13": ssl.TLSVersion.TLSv1_3,
}


@dataclass(frozen=True, slots=True)
class TlsConfig:
    """How to trust a server and show who we are."""

    ca: str = ""
    ca_file: str = ""
    cert: str = ""
    cert_file: str = ""
    key: Secret = _EMPTY
    key_file: str = ""
    server_name: str = ""
    insecure_skip_verify: bool = False
    min_version: TlsVersion | None = None
    max_version: TlsVersion | None = None

    def __post_init__(self) -> None:
        if bool(self.cert_file or self.cert) != bool(self.key_file or self.key):
            raise FieldError("cert_file", "cert_file and key_file belong together")


@dataclass(frozen=True, slots=True)
class BasicAuthConfig:
    """User and password, each also from a file that is read at every request."""

    username: str = ""
    username_file: str = ""
    password: Secret = _EMPTY
    password_file: str = ""

    def __post_init__(self) -> None:
        if self.password and self.password_file:
            raise FieldError("password_file", "at most one of password and password_file may be given")


@dataclass(frozen=True, slots=True)
class AuthorizationConfig:
    """An `Authorization` header of any type but basic."""

    type: str = "Bearer"
    credentials: Secret = _EMPTY
    credentials_file: str = ""

    def __post_init__(self) -> None:
        if self.type.strip().lower() == "basic":
            raise FieldError("type", 'authorization type cannot be "basic", use basic_auth instead')
        if self.credentials and self.credentials_file:
            raise FieldError("credentials_file", "at most one of credentials and credentials_file may be given")


@dataclass(frozen=True, slots=True)
class OAuth2Config:
    """Client-credentials flow (RFC 6749, section 4.4)."""

    client_id: str
    token_url: str
    client_secret: Secret = _EMPTY
    client_secret_file: str = ""
    scopes: tuple[str, ...] = ()
    endpoint_params: dict[str, str] = field(default_factory=dict)
    tls_config: TlsConfig = TlsConfig()
    proxy_url: str = ""
    no_proxy: str = ""
    proxy_from_environment: bool = False


@dataclass(frozen=True, slots=True)
class HeaderValues:
    """One custom header: plain values, secret values, values from files."""

    values: tuple[str, ...] = ()
    secrets: tuple[Secret, ...] = ()
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HttpClientConfig:
    """All options; configuration classes that take them inline inherit from this one."""

    basic_auth: BasicAuthConfig | None = None
    authorization: AuthorizationConfig | None = None
    oauth2: OAuth2Config | None = None
    bearer_token: Secret = _EMPTY
    bearer_token_file: str = ""
    tls_config: TlsConfig = TlsConfig()
    follow_redirects: bool = True
    enable_http2: bool = True
    proxy_url: str = ""
    no_proxy: str = ""
    proxy_from_environment: bool = False
    proxy_connect_header: dict[str, tuple[Secret, ...]] = field(default_factory=dict)
    http_headers: dict[str, HeaderValues] = field(default_factory=dict)

    def __post_init__(self) -> None:
        given = [
            name
            for name, value in (
                ("basic_auth", self.basic_auth),
                ("authorization", self.authorization),
                ("oauth2", self.oauth2),
                ("bearer_token", self.bearer_token or self.bearer_token_file),
            )
            if value
        ]
        if len(given) > 1:
            raise FieldError(
                given[1],
                f"at most one of basic_auth, authorization, oauth2, bearer_token may be given, found {' and '.join(given)}",
            )
        if self.no_proxy and not self.proxy_url:
            raise FieldError("no_proxy", "no_proxy needs proxy_url")
        if "/" in self.no_proxy:
            raise FieldError(
                "no_proxy", "expected host names or addresses separated by commas; address ranges are not supported"
            )
        if self.proxy_from_environment and self.proxy_url:
            raise FieldError("proxy_from_environment", "proxy_from_environment and proxy_url exclude each other")


def client_tls_context(tls: TlsConfig, folder: Path | None = None) -> ssl.SSLContext:
    """The context to connect with. Raises `ValueError` or `OSError` when a file cannot be used."""
    base = folder or Path()
    context = ssl.create_default_context(cafile=str(base / tls.ca_file) if tls.ca_file else None, cadata=tls.ca or None)
    if tls.insecure_skip_verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if tls.cert_file or tls.cert:
        _load_client_certificate(context, tls, base)
    if tls.min_version:
        context.minimum_version = _VERSIONS[tls.min_version]
    if tls.max_version:
        context.maximum_version = _VERSIONS[tls.max_version]
    return context


def _load_client_certificate(context: ssl.SSLContext, tls: TlsConfig, base: Path) -> None:
    """Certificate and key from files or inline; OpenSSL takes them from files only, so inline ones live in one for a moment."""
    with tempfile.NamedTemporaryFile("w") as inline:  # only readable by us
        inline.write(f"{tls.cert}\n{tls.key.reveal()}\n")
        inline.flush()
        certificate = base / tls.cert_file if tls.cert_file else Path(inline.name)
        key = base / tls.key_file if tls.key_file else Path(inline.name)
        context.load_cert_chain(certificate, key)


def read_secret_file(path: str, folder: Path | None = None) -> str:
    """The text of a secret file without surrounding blanks."""
    return ((folder or Path()) / path).read_text().strip()


_PASSWORD_IN_URL = re.compile(r"(?<=://)([^/@:]*):[^/@]*@")


def redact_url(url: str) -> str:
    """The URL without its password, for logs and errors."""
    return _PASSWORD_IN_URL.sub(r"\1:<secret>@", url)
