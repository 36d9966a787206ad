"""The registry of runtimes. A runtime is built for a socket or folder and asked for all its containers."""

from collections.abc import Callable
from typing import Final, Protocol, TypeAlias

from exporters.container.facts import Facts
from pharos.registry import Registry


class Runtime(Protocol):
    """Knows containers. `containers` raises `OSError` or `RuntimeFailure` when it cannot tell."""

    name: str
    address: str

    async def containers(self) -> list[Facts]: ...
    async def close(self) -> None: ...


class RuntimeFailure(Exception):  # noqa: N818 - the runtime failed, the exporter did not
    """The runtime answered, but not with what was asked for."""


RuntimeFactory: TypeAlias = Callable[[str], Runtime]
runtimes: Final[Registry[RuntimeFactory]] = Registry("container_runtime")
