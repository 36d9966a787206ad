"""What the shipper tells about itself on `/metrics`."""

from prometheus_client import Counter, Gauge

from pharos.http.own_metrics import new_registry


class ShipMetrics:
    """Counters are bumped per batch, gauges once a second: nothing here is on the path of a line."""

    def __init__(self) -> None:
        self.registry = new_registry("logship")
        names = ["namespace", "pod", "service", "level"]
        self.lines = Counter("log_lines_total", "Log records read, by origin and level.", names, registry=self.registry)
        self.read_lines = Counter("logship_read_lines_total", "Physical lines read.", registry=self.registry)
        self.read_bytes = Counter("logship_read_bytes_total", "Bytes read.", registry=self.registry)
        self.malformed = Counter(
            "logship_malformed_lines_total",
            "Lines not in their container format, shipped as they are.",
            registry=self.registry,
        )
        self.truncated = Counter(
            "logship_truncated_files_total", "Files found truncated while being read.", registry=self.registry
        )
        self.sent_documents = Counter(
            "logship_sent_documents_total", "Documents the output took.", registry=self.registry
        )
        self.sent_bytes = Counter(
            "logship_sent_bytes_total", "Bytes of documents the output took.", registry=self.registry
        )
        self.known = Counter(
            "logship_already_there_total",
            "Documents the output had already (sent again after a failure).",
            registry=self.registry,
        )
        self.retries = Counter(
            "logship_retries_total", "Deliveries repeated, by reason.", ["reason"], registry=self.registry
        )
        self.dead = Counter(
            "logship_dead_letters_total",
            "Documents the output refused for good, kept in the dead letter file.",
            registry=self.registry,
        )
        self.files = Gauge("logship_open_files", "Files being read.", registry=self.registry)
        self.lag_bytes = Gauge(
            "logship_file_lag_bytes", "Bytes not yet delivered, by file.", ["file"], registry=self.registry
        )
        self.lag_seconds = Gauge(
            "logship_file_lag_seconds",
            "For how long something has not been delivered, by file.",
            ["file"],
            registry=self.registry,
        )
        self.blocked = Gauge("logship_output_blocked", "1 while the output takes nothing.", registry=self.registry)
