"""Targets written down in the configuration."""

from collector.config.discovery import StaticConfig
from collector.discovery.group import Publish, TargetGroup
from collector.discovery.registry import discoverers
from pharos.clock import Clock


@discoverers.register("static_configs")
class StaticDiscovery:
    """Publishes its targets once."""

    def __init__(self, config: StaticConfig) -> None:
        targets = tuple({"__address__": target} for target in config.targets)
        self._group = TargetGroup(targets, config.labels, "static")

    async def run(self, publish: Publish, _: Clock) -> None:
        publish([self._group])
