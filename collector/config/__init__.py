"""`prometheus.yml` and rule files as typed values."""
