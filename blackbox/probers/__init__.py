"""The probers, one file each. `load()` registers the built-in ones and those of other distributions."""

from importlib import import_module
from typing import Final

from blackbox.registry import probers

BUILT_IN: Final = ("http", "tcp", "unix", "icmp", "dns", "grpc", "websocket")


def load() -> None:
    """Fill the registry; doing it twice does nothing."""
    for name in BUILT_IN:
        import_module(f"blackbox.probers.{name}")
    probers.load_entry_points()
