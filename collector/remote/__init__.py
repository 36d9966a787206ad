"""Remote write and read, OTLP: the ways to and from other engines."""

from collector.remote.routes import remote_routes

__all__ = ["remote_routes"]
