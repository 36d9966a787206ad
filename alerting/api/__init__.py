"""The HTTP API: Alertmanager's v2, and what Pharos adds (history, explanation, tests of receivers). Contract: docs/contracts/alertmanager-api.md."""

from alerting.api.routes import routes

__all__ = ["routes"]
