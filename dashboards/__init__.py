"""The web UI: dashboards, Explore, logs, alerts, targets. Not here: any data of its own."""

from pharos import __version__

__all__ = ["__version__"]
