"""The alerts page: a module for each tab, the form for silences, and the page that joins them."""

from dashboards.pages.alerts.page import AlertsPage

__all__ = ["AlertsPage"]
