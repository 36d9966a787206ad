"""Collecting samples of several families while walking over devices."""

from collections.abc import Iterator, Mapping

from pharos.exposition import Metric, MetricType


class Table:
    """Families by name, in the order in which they first came; a value of None is left out."""

    def __init__(self) -> None:
        self._families: dict[str, Metric] = {}

    def gauge(self, name: str, text: str, value: float | None, labels: Mapping[str, str]) -> None:
        self.add("gauge", name, text, value, labels)

    def counter(self, name: str, text: str, value: float | None, labels: Mapping[str, str]) -> None:
        self.add("counter", name, text, value, labels)

    def add(self, kind: MetricType, name: str, text: str, value: float | None, labels: Mapping[str, str]) -> None:
        if value is None:
            return
        family = self._families.get(name)
        if family is None:
            family = self._families[name] = Metric(name, kind, text)
        family.samples.append(("", labels, value, None))

    def __iter__(self) -> Iterator[Metric]:
        return iter(self._families.values())
