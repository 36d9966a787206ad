"""What the UI counts about itself."""

from prometheus_client import CollectorRegistry, Counter, Histogram


class DashboardMetrics:
    """Own metrics, served on `/metrics`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.queries = Counter(
            "pharos_dashboards_queries",
            "Panel queries sent to data sources.",
            ["datasource", "result"],
            registry=registry,
        )
        self.query_seconds = Histogram(
            "pharos_dashboards_query_duration_seconds",
            "Time until a data source had answered a panel query.",
            ["datasource"],
            registry=registry,
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
        )
