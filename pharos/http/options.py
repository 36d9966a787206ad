"""Where and how a server listens. Kept apart from the server so that `--help` needs no HTTP library."""

from dataclasses import dataclass
from typing import Final

DEFAULT_BODY_LIMIT: Final = 64 * 1024 * 1024
DEFAULT_TIMEOUT_S: Final = 300.0


@dataclass(frozen=True, slots=True)
class WebOptions:
    """Where and how a server listens. `address` is `host:port`, `:port` or `[v6]:port`; port 0 picks a free one."""

    address: str
    config_file: str = ""
    body_limit: int = DEFAULT_BODY_LIMIT
    timeout_s: float = DEFAULT_TIMEOUT_S


def split_address(address: str) -> tuple[str, int]:
    """Host (empty for all) and port. Raises `ValueError` with what was expected."""
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"listen address {address!r}: expected host:port or :port")
    return host.strip("[]"), int(port)
