"""What discovery counts about itself, under Prometheus's names. One set per process: discoverers have no owner to ask."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class DiscoveryMetrics:
    """Counters of all discoverers; `register` makes them visible."""

    def __init__(self) -> None:
        self.file_read_errors = Counter(
            "prometheus_sd_file_read_errors", "The number of File-SD read errors.", registry=None
        )
        self.http_failures = Counter(
            "prometheus_sd_http_failures", "Number of HTTP service discovery refresh failures.", registry=None
        )
        self.dns_lookups = Counter("prometheus_sd_dns_lookups", "The number of DNS-SD lookups.", registry=None)
        self.dns_failures = Counter(
            "prometheus_sd_dns_lookup_failures", "The number of DNS-SD lookup failures.", registry=None
        )
        self.refresh_failures = Counter(
            "prometheus_sd_refresh_failures",
            "Number of refresh failures for the given SD mechanism.",
            ["mechanism"],
            registry=None,
        )
        self.discovered = Gauge(
            "prometheus_sd_discovered_targets",
            "Current number of discovered targets.",
            ["name", "config"],
            registry=None,
        )
        self.updates = Counter(
            "prometheus_sd_received_updates",
            "Total number of update events received from the SD providers.",
            ["name"],
            registry=None,
        )

    def register(self, registry: CollectorRegistry) -> None:
        for metric in vars(self).values():
            registry.register(metric)


sd_metrics = DiscoveryMetrics()
