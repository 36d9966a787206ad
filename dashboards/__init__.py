"""The web UI: dashboards, Explore, logs, alerts, targets. Not here: any data of its own."""
