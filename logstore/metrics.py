"""What the store tells about itself on `/metrics`."""

from collections.abc import Iterable, Iterator

from prometheus_client import Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from logstore.staging import Outcome
from logstore.store import Store
from pharos.http.own_metrics import new_registry


class StoreMetrics:
    """Registers the store's figures; documents and sizes are read when the page is asked for."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.registry = new_registry("logstore")
        self.items = Counter(
            "logstore_bulk_items_total",
            "Items of bulk requests by operation and result.",
            ["operation", "result"],
            registry=self.registry,
        )
        self.searches = Histogram(
            "logstore_search_duration_seconds", "Time a search took.", registry=self.registry,
            buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
        )  # fmt: skip
        store.on_search = self.searches.observe
        store.ingest.on_outcomes = self._count
        self.registry.register(self)

    def _count(self, outcomes: Iterable[Outcome]) -> None:
        counts: dict[tuple[str, str], int] = {}
        for outcome in outcomes:
            key = (outcome.operation, outcome.result or f"error_{outcome.status}")
            counts[key] = counts.get(key, 0) + 1
        for labels, number in counts.items():
            self.items.labels(*labels).inc(number)

    def collect(self) -> Iterator[Metric]:
        """Called by the registry for each page."""
        generations = list(self._store.catalog.generations.values())
        docs = GaugeMetricFamily("logstore_documents", "Documents that can be searched.", labels=["index"])
        size = GaugeMetricFamily("logstore_size_bytes", "Bytes on disk.", labels=["index"])
        for generation in generations:
            docs.add_metric([generation.name], generation.docs)
            size.add_metric([generation.name], generation.size_bytes())
        commits = CounterMetricFamily("logstore_commits", "Commits of the indices since start.")
        commits.add_metric([], sum(generation.commits for generation in generations))
        lag = GaugeMetricFamily("logstore_waiting_bytes", "Bytes of requests that wait to be written.")
        lag.add_metric([], self._store.ingest.waiting_bytes)
        damaged = GaugeMetricFamily("logstore_damaged_blocks", "Blocks of documents that were found damaged on disk.")
        damaged.add_metric([], sum(generation.source.damaged_blocks for generation in generations))
        yield from (docs, size, commits, lag, damaged)
