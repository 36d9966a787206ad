"""Discoverers by the configuration key they serve."""

from collections.abc import Callable
from typing import Any

from collector.discovery.group import Discoverer
from pharos.registry import Registry

discoverers: Registry[Callable[[Any], Discoverer]] = Registry("discoverer")
