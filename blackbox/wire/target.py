"""Reading targets: URLs and `host:port`."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from blackbox.failures import ProbeError, Reason

_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


@dataclass(frozen=True, slots=True)
class Url:
    """The parts of a URL that a request needs. `host` has no brackets; `authority` is what the Host header says."""

    scheme: str
    host: str
    port: int
    path: str
    authority: str
    user: str = ""

    @property
    def secure(self) -> bool:
        return self.scheme in ("https", "wss")

    @property
    def text(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"


def parse_url(text: str) -> Url:
    """Raises `ProbeError`."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise ProbeError(Reason.TARGET, f"cannot parse the URL {text!r}: {error}") from error
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise ProbeError(Reason.TARGET, f"cannot probe {text!r}: expected {' or '.join(_DEFAULT_PORTS)} and a host")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    user, _, authority = parts.netloc.rpartition("@")
    host = parts.hostname
    if not host.isascii():
        host = host.encode("idna").decode()
        authority = f"{host}:{port}" if port else host
    return Url(scheme, host, port or _DEFAULT_PORTS[scheme], _quoted(path), authority, user)


def split_host_port(text: str) -> tuple[str, int]:
    """`host:port` or `[v6]:port`. Raises `ProbeError`."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit() or int(port) > 65535:
        raise ProbeError(Reason.TARGET, f"{text!r}: expected host:port")
    if ":" in host and not (host.startswith("[") and host.endswith("]")):
        raise ProbeError(Reason.TARGET, f"{text!r}: an IPv6 address needs brackets")
    return host.strip("[]"), int(port)


def _quoted(path: str) -> str:
    """Bytes that must not stand in a request line, percent-encoded."""
    if path.isascii() and " " not in path and path.isprintable():
        return path
    return "".join(char if "!" <= char <= "~" else "".join(f"%{byte:02X}" for byte in char.encode()) for char in path)
