"""The registry of collectors, and what a collector is.

A collector is a function that gets a `Host` (and its options, when it declares a class of them) and yields metrics:

    @collectors.register("loadavg")
    def loadavg(host: Host) -> Iterator[Metric]: ...

    @collectors.register("arp", options=ArpOptions)
    def arp(host: Host, options: ArpOptions) -> Iterator[Metric]: ...

One that remembers something between scrapes is a class built with the same arguments whose instances are called without any. The runner
owns timing, deadline, `node_scrape_collector_*`, logging and isolation; a collector just raises: `NoData` or `OSError` when
this machine has no such thing, anything else when it went wrong. What it has yielded before is kept.
"""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeAlias, cast

from exporters.node.host import Host
from pharos.exposition import Metric
from pharos.registry import Plugin, Registry

Collect: TypeAlias = Callable[[], Iterable[Metric]]
Factory: TypeAlias = Callable[..., Any]

collectors: Final[Registry[Factory]] = Registry("collector")


class NoData(Exception):  # noqa: N818 - expected absence is not an error
    """The machine has nothing to tell for this collector."""


@dataclass(frozen=True, slots=True)
class NoOptions:
    """For collectors without options."""


def options_class(plugin: Plugin[Factory]) -> type[Any]:
    """The class of a collector's options."""
    kind: type[Any] = plugin.facts.get("options", NoOptions)
    return kind


def build_collector(plugin: Plugin[Factory], host: Host, options: Any) -> Collect:
    """The collector, ready to be called at each scrape."""
    arguments = (host, options) if "options" in plugin.facts else (host,)
    collect: Any = (
        plugin.factory(*arguments) if inspect.isclass(plugin.factory) else partial(plugin.factory, *arguments)
    )
    return cast(Collect, collect)
