"""Finding the real peers: on PATH, or unpacked in `.peers` by tests/support/packages.sh."""

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def find_peer(name: str) -> str | None:
    """The path of a peer's binary, newest first: `.peers`, then PATH."""
    unpacked = ROOT / ".peers" / "usr" / "bin" / name
    return str(unpacked) if os.access(unpacked, os.X_OK) else shutil.which(name)


def need_peer(name: str) -> str:
    """The path of a peer's binary; skips the test, by name, where it is not to be had."""
    path = find_peer(name)
    if path is None:
        pytest.skip(f"{name} is not installed: run `make test` as root once, or tests/support/packages.sh")
    return path
