"""OTLP/HTTP metrics: OpenTelemetry's data model to series."""

from collector.remote.otlp.receiver import OtlpReceiver

__all__ = ["OtlpReceiver"]
