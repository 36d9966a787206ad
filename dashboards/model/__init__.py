"""Dashboards as values: Grafana's JSON, its variables, time ranges, macros and units. No network, no Dash."""
