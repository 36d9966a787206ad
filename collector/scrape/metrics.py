"""What scraping tells about itself, under Prometheus's names."""

from collections import deque
from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.core import SummaryMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

_QUANTILES: Final = (0.01, 0.05, 0.5, 0.9, 0.99)
_REMEMBERED: Final = 2000


class IntervalSummary(Collector):
    """`prometheus_target_interval_length_seconds`: time between scrapes, by configured interval, with quantiles over the last ones."""

    def __init__(self) -> None:
        self._recent: dict[str, deque[float]] = {}
        self._totals: dict[str, tuple[int, float]] = {}

    def observe(self, interval: str, seconds: float) -> None:
        self._recent.setdefault(interval, deque(maxlen=_REMEMBERED)).append(seconds)
        count, total = self._totals.get(interval, (0, 0.0))
        self._totals[interval] = (count + 1, total + seconds)

    def collect(self) -> Iterator[Metric]:
        family = SummaryMetricFamily(
            "prometheus_target_interval_length_seconds", "Actual intervals between scrapes.", labels=["interval"]
        )
        for interval, (count, total) in self._totals.items():
            ordered = sorted(self._recent[interval])
            for quantile in _QUANTILES:
                value = ordered[min(len(ordered) - 1, int(quantile * len(ordered)))]
                family.add_sample(family.name, {"interval": interval, "quantile": str(quantile)}, value)
            family.add_metric([interval], count_value=count, sum_value=total)
        yield family


class ScrapeMetrics:
    """Counters of one scrape manager."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(name, text, labels, registry=registry)

        self.interval_length = IntervalSummary()
        registry.register(self.interval_length)
        self.pools = counter("prometheus_target_scrape_pools_total", "Total number of scrape pool creation attempts.")
        self.reloads = counter("prometheus_target_scrape_pool_reloads_total", "Total number of scrape pool reloads.")
        self.syncs = counter(
            "prometheus_target_scrape_pool_sync_total",
            "Total number of syncs that were executed on a scrape pool.",
            "scrape_job",
        )
        self.over_target_limit = counter(
            "prometheus_target_scrape_pool_exceeded_target_limit_total",
            "Total number of times scrape pools hit the target limit, during sync or config reload.",
        )
        self.over_label_limits = counter(
            "prometheus_target_scrape_pool_exceeded_label_limits_total",
            "Total number of times scrape pools hit the label limits, during sync or config reload.",
        )
        self.over_body_limit = counter(
            "prometheus_target_scrapes_exceeded_body_size_limit_total",
            "Total number of scrapes that hit the body size limit",
        )
        self.over_sample_limit = counter(
            "prometheus_target_scrapes_exceeded_sample_limit_total",
            "Total number of scrapes that hit the sample limit and were rejected.",
        )
        self.over_bucket_limit = counter(
            "prometheus_target_scrapes_exceeded_native_histogram_bucket_limit_total",
            "Total number of scrapes that hit the native histogram bucket limit and were rejected.",
        )
        self.out_of_order = counter(
            "prometheus_target_scrapes_sample_out_of_order_total",
            "Total number of samples rejected due to not being out of the expected order.",
        )
        self.duplicates = counter(
            "prometheus_target_scrapes_sample_duplicate_timestamp_total",
            "Total number of samples rejected due to duplicate timestamps but different values.",
        )
        self.out_of_bounds = counter(
            "prometheus_target_scrapes_sample_out_of_bounds_total",
            "Total number of samples rejected due to timestamp falling outside of the time bounds.",
        )
        self.fast_pages = counter(
            "pharos_scrape_pages_total",
            "Scraped pages by how they were read: fast (same shape as the last) or parsed.",
            "path",
        )
        self.targets = Gauge(
            "prometheus_target_scrape_pool_targets",
            "Current number of targets in this scrape pool.",
            ["scrape_job"],
            registry=registry,
        )
        self.target_limit = Gauge(
            "prometheus_target_scrape_pool_target_limit",
            "Maximum number of targets allowed in this scrape pool.",
            ["scrape_job"],
            registry=registry,
        )
        self.fast = self.fast_pages.labels("fast")
        self.parsed = self.fast_pages.labels("parsed")
