"""`--web.config.file`: TLS, mTLS and basic authentication of a server.

Source: the web configuration file of Prometheus's exporter-toolkit; files written for it work as they are.
"""

import base64
import hmac
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from pharos.config import ConfigError, FieldError, load
from pharos.secret import Secret

if TYPE_CHECKING:  # libraries of several MB that only servers with TLS or users need
    import ssl

ClientAuth = Literal[
    "NoClientCert", "RequestClientCert", "RequireAnyClientCert", "VerifyClientCertIfGiven", "RequireAndVerifyClientCert"
]
TlsVersion = Literal["TLS10", "TLS11", "TLS12", "TLS13"]


@dataclass(frozen=True, slots=True)
class TlsServerConfig:
    """Certificates of a server; files are relative to the web configuration file."""

    cert_file: str = ""
    key_file: str = ""
    cert: str = ""
    key: Secret = field(default_factory=lambda: Secret(""))
    client_auth_type: ClientAuth = "NoClientCert"
    client_ca_file: str = ""
    client_ca: str = ""
    client_allowed_sans: tuple[str, ...] = ()
    cipher_suites: tuple[str, ...] = ()
    curve_preferences: tuple[str, ...] = ()
    prefer_server_cipher_suites: bool = True
    min_version: TlsVersion = "TLS12"
    max_version: TlsVersion = "TLS13"

    def __post_init__(self) -> None:
        if bool(self.cert_file) != bool(self.key_file):
            raise FieldError("cert_file" if self.key_file else "key_file", "cert_file and key_file belong together")
        if not self.cert_file:
            raise FieldError("cert_file", "missing cert_file")
        needs_ca = self.client_auth_type in ("VerifyClientCertIfGiven", "RequireAndVerifyClientCert")
        if needs_ca and not self.client_ca_file:
            raise FieldError("client_auth_type", f"client_auth_type {self.client_auth_type} requires client_ca_file")


@dataclass(frozen=True, slots=True)
class HttpServerConfig:
    """Headers added to every answer."""

    http2: bool = True
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WebConfig:
    """The whole file. `basic_auth_users` maps a user name to a bcrypt hash."""

    tls_server_config: TlsServerConfig | None = None
    http_server_config: HttpServerConfig = field(default_factory=HttpServerConfig)
    basic_auth_users: dict[str, Secret] = field(default_factory=dict)


# The headers that may be set, and the values that each may have; none: any.
_HEADERS: Final[dict[str, tuple[str, ...]]] = {
    "Strict-Transport-Security": (),
    "X-Content-Type-Options": ("nosniff", ""),
    "X-Frame-Options": ("deny", "sameorigin", ""),
    "X-XSS-Protection": (),
    "Content-Security-Policy": (),
}


def load_web_config(path: str) -> WebConfig:
    """Read and try the file: certificates must load, hashes must be bcrypt. Raises `ConfigError`. An empty path is an empty file."""
    if not path:
        return WebConfig()
    config = load(WebConfig, path)
    for user, hashed in config.basic_auth_users.items():
        if not hashed.reveal().startswith(("$2a$", "$2b$", "$2y$")):
            raise ConfigError(f"{path}: basic_auth_users.{user}: expected a bcrypt hash ($2y$...)")
    for name, value in config.http_server_config.headers.items():
        if name not in _HEADERS:
            raise ConfigError(f'{path}: HTTP header "{name}" can not be configured')
        if _HEADERS[name] and value not in _HEADERS[name]:
            expected = " ".join(f'"{known}"' for known in _HEADERS[name])
            raise ConfigError(f'{path}: invalid value for "{name}". Expected one of: [{expected}], but got: "{value}"')
    if config.tls_server_config is not None:
        server_tls_context(config.tls_server_config, Path(path).parent)
    return config


def server_tls_context(tls: TlsServerConfig, folder: Path) -> "ssl.SSLContext":
    """The context a server listens with. Raises `ConfigError` when a file is missing or no certificate."""
    import ssl

    versions = {
        "TLS10": ssl.TLSVersion.TLSv1,
        "TLS11": ssl.TLSVersion.TLSv1_1,
        "TLS12": ssl.TLSVersion.TLSv1_2,
        "TLS13": ssl.TLSVersion.TLSv1_3,
    }
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version, context.maximum_version = versions[tls.min_version], versions[tls.max_version]
    try:
        context.load_cert_chain(folder / tls.cert_file, folder / tls.key_file)
        if tls.client_ca_file:
            context.load_verify_locations(folder / tls.client_ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"tls_server_config: cannot load {tls.cert_file}: {error}") from error
    if tls.client_auth_type == "RequireAndVerifyClientCert":
        context.verify_mode = ssl.CERT_REQUIRED
    elif tls.client_auth_type == "VerifyClientCertIfGiven":
        context.verify_mode = ssl.CERT_OPTIONAL
    elif tls.client_auth_type != "NoClientCert":
        raise ConfigError(
            f"tls_server_config.client_auth_type: {tls.client_auth_type} cannot be had without verification here"
        )
    return context


class BasicAuth:
    """Checks `Authorization` headers against bcrypt hashes; a successful check is remembered by digest, for bcrypt is slow by design."""

    def __init__(self, users: dict[str, Secret]) -> None:
        self._users = users
        self._known: set[bytes] = set()

    def allows(self, header: str) -> bool:
        """Whether the header names a user with the right password."""
        import hashlib

        import bcrypt

        digest = hashlib.sha256(header.encode()).digest()
        if any(hmac.compare_digest(digest, known) for known in self._known):
            return True
        user, password = _credentials(header)
        hashed = self._users.get(user)
        # An unknown user costs the same time as a wrong password.
        reference = hashed.reveal() if hashed else "$2b$10$abcdefghijklmnopqrstuuJ2bKFSPVbQSR6sRFxXMUkYA1oRNfTUO"
        good = bcrypt.checkpw(password.encode()[:72], reference.encode()) and hashed is not None
        if good and len(self._known) < 100:
            self._known.add(digest)
        return good


def _credentials(header: str) -> tuple[str, str]:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return user, password
