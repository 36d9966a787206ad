"""The collector: scrape, storage, PromQL, rules and the Prometheus HTTP API. Not here: exporters, notifications."""
