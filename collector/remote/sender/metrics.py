"""What remote write tells about itself, under Prometheus's names."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class SenderMetrics:
    """Counters by engine: labels `remote_name` and `url`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        labels = ["remote_name", "url"]

        def counter(name: str, text: str) -> Counter:
            return Counter(f"prometheus_remote_storage_{name}", text, labels, registry=registry)

        def gauge(name: str, text: str) -> Gauge:
            return Gauge(f"prometheus_remote_storage_{name}", text, labels, registry=registry)

        self.samples = counter("samples_total", "Total number of samples sent to remote storage.")
        self.samples_failed = counter(
            "samples_failed_total",
            "Total number of samples which failed on send to remote storage, non-recoverable errors.",
        )
        self.samples_retried = counter(
            "samples_retried_total", "Total number of samples which failed on send to remote storage but were retried."
        )
        self.metadata = counter("metadata_total", "Total number of metadata entries sent to remote storage.")
        self.bytes = counter(
            "bytes_total", "The total number of bytes of data (not metadata) sent by the queue after compression."
        )
        self.shards = gauge("shards", "The number of shards used for parallel sending to the remote storage.")
        self.shards_max = gauge("shards_max", "The maximum number of shards that the queue is allowed to run.")
        self.shards_min = gauge("shards_min", "The minimum number of shards that the queue is allowed to run.")
        self.pending = gauge(
            "samples_pending", "The number of samples pending in the queues shards to be sent to the remote storage."
        )
        self.behind = gauge("log_behind_bytes", "How much of the write-ahead log is not sent yet.")
        self.highest_sent = gauge(
            "queue_highest_sent_timestamp_seconds",
            "Timestamp from a WAL sample, the highest timestamp successfully sent by this queue.",
        )
