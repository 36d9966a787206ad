"""The registry of probers. A prober is `async (Probe) -> None`: it fills the probe's page and raises `ProbeError` when the target failed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeAlias

from pharos.registry import Registry

if TYPE_CHECKING:
    from blackbox.probe import Probe

Prober: TypeAlias = "Callable[[Probe], Awaitable[None]]"

probers: Registry[Prober] = Registry("prober")
