"""Probes and wires for tests of the prober, without any network."""

import asyncio
from typing import Any

from blackbox.config import BlackboxConfig
from blackbox.probe import Probe
from blackbox.probers import load
from blackbox.wire.tls import TlsContexts
from pharos.config import loads


def probe(module: str, target: str = "target", hostname: str = "") -> Probe:
    """A probe by the YAML of its module."""
    load()
    config = loads(BlackboxConfig, f"modules: {{m: {module}}}")
    return Probe(target, "m", config.modules["m"], TlsContexts(), hostname=hostname, log_level="debug")


class FakeWire:
    """A wire that reads from a list of pieces; an empty piece is the end. Looks like `blackbox.wire.stream.Wire`."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = list(pieces)
        self.written = b""
        self.first_byte_at = 1.0
        self.closed = False

    async def read(self) -> bytes:
        if not self.pieces:
            await asyncio.Event().wait()
        return self.pieces.pop(0)

    def write(self, data: bytes) -> None:
        self.written += data

    def push_back(self, data: bytes) -> None:
        if data:
            self.pieces.insert(0, data)

    def close(self) -> None:
        self.closed = True


def wire(*pieces: bytes) -> Any:
    """A `FakeWire`, typed so that it can stand for the real one."""
    return FakeWire(*pieces)
