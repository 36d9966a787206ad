"""Grafana's dashboard JSON, schemaVersion 8 to 42, brought to one current shape. Learnt from published dashboards, not from Grafana's sources."""
