"""Lean imports."""

import sys

import pytest

from logship.outputs.lean import without_optional_libraries


def test_optional_libraries_are_hidden_only_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "aiohttp", raising=False)
    with without_optional_libraries(), pytest.raises(ImportError):
        __import__("aiohttp")
    assert "aiohttp" not in sys.modules
