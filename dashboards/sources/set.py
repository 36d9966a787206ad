"""The configured data sources by uid, and which one a dashboard means when it names another machine's."""

from collections.abc import Iterator

import httpx

from dashboards.sources.alertmanager import AlertmanagerSource
from dashboards.sources.base import Source, SourceConfig
from dashboards.sources.elasticsearch import ElasticsearchSource
from dashboards.sources.prometheus import PrometheusSource
from pharos.registry import Registry

source_types: Registry[type[Source]] = Registry("datasource")
source_types.register("prometheus")(PrometheusSource)
source_types.register("elasticsearch")(ElasticsearchSource)
source_types.register("alertmanager")(AlertmanagerSource)


class SourceSet:
    """All sources. The first of a type is the default of that type."""

    def __init__(self, configs: tuple[SourceConfig, ...], transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._sources = {config.uid: source_types[config.type].factory(config, transport) for config in configs}

    def __iter__(self) -> Iterator[Source]:
        return iter(self._sources.values())

    async def close(self) -> None:
        for source in self._sources.values():
            await source.close()

    def get(self, uid: str) -> Source | None:
        return self._sources.get(uid)

    def find(self, uid: str, kind: str = "") -> Source:
        """By uid or name; an unknown one (an imported dashboard's) means the default of its type. Raises `ValueError` when there is none."""
        known = self._sources.get(uid) or next((s for s in self if s.config.name == uid), None)
        if known is not None:
            return known
        wanted = kind or (uid if uid in source_types else "prometheus")
        for source in self:
            if source.config.type == wanted:
                return source
        raise ValueError(f"there is no data source {uid!r} and none of type {wanted}")

    def of_type(self, kind: str) -> list[Source]:
        return [source for source in self if source.config.type == kind]

    @property
    def prometheus(self) -> PrometheusSource:
        """The default metrics source."""
        source = self.find("", "prometheus")
        assert isinstance(source, PrometheusSource)
        return source

    @property
    def logs(self) -> ElasticsearchSource:
        """The default log source."""
        source = self.find("", "elasticsearch")
        assert isinstance(source, ElasticsearchSource)
        return source

    @property
    def alerting(self) -> AlertmanagerSource:
        """The default alerting source."""
        source = self.find("", "alertmanager")
        assert isinstance(source, AlertmanagerSource)
        return source
