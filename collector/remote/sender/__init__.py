"""Sending samples to other engines by remote write."""

from collector.remote.sender.manager import RemoteWriteManager

__all__ = ["RemoteWriteManager"]
