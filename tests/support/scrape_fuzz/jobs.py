"""The jobs under which random pages are scraped: one for each group of options that changes what becomes of a page."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

_RELABEL = [
    {"source_labels": ["__name__"], "regex": "h_bucket|odd|g", "action": "drop"},
    {"source_labels": ["code"], "regex": "(.)00", "target_label": "class", "replacement": "${1}xx"},
    {"regex": "quantile|state", "action": "labeldrop"},
    {"source_labels": ["__name__"], "regex": "(.*)_total", "target_label": "__name__"},
    {"source_labels": ["__name__"], "regex": "escaped", "target_label": "n_extra", "replacement": "x"},
    {"source_labels": ["__name__", "a"], "regex": "(?i)TWO.*;c", "target_label": "__name__", "replacement": ""},
]  # fmt: skip
JOBS: Mapping[str, Mapping[str, Any]] = {
    "plain": {},
    "honest": {"honor_labels": True, "honor_timestamps": False},
    "tracked": {"track_timestamps_staleness": True},
    "few": {"sample_limit": 3},
    "labelled": {"label_limit": 5, "label_name_length_limit": 12, "label_value_length_limit": 14},
    "small": {"body_size_limit": "120B"},
    "relabelled": {"metric_relabel_configs": _RELABEL},
    "legacy": {"metric_name_validation_scheme": "legacy", "metric_name_escaping_scheme": "underscores"},
    "custom": {"convert_classic_histograms_to_nhcb": True},
    "both": {"convert_classic_histograms_to_nhcb": True, "always_scrape_classic_histograms": True},
    "coarse": {"native_histogram_bucket_limit": 4, "native_histogram_min_bucket_factor": 1.5},
    "unpacked": {"enable_compression": False, "fallback_scrape_protocol": "PrometheusText0.0.4"},
}
FAILURES = "failures.json"
# What Prometheus 3.5 is told by flags.
OURS: Mapping[str, Any] = {
    "scrape_failure_log_file": "/tmp/scrapes/failures.log",
    "scrape_native_histograms": True,
    "extra_scrape_metrics": True,
}
FEATURES = "native-histograms,exemplar-storage,extra-scrape-metrics"
# Prometheus 3.5 starts no job that converts histograms when it also stores when series began.
CREATED = "created-timestamp-zero-ingestion"


def jobs_with(created: bool) -> dict[str, Mapping[str, Any]]:
    """The jobs that both servers can run with or without the feature `CREATED`."""
    return {name: job for name, job in JOBS.items() if not (created and "convert_classic_histograms_to_nhcb" in job)}


def write_config(folder: Path, interval_s: int, jobs: Mapping[str, Any], own: Mapping[str, Any]) -> Path:
    """A configuration whose jobs find their targets in `<job>.json` of the folder. `own`: more settings of each job."""
    scraped = [
        {
            "job_name": name,
            **settings,
            **own,
            "scrape_failure_log_file": str(folder / FAILURES),
            "file_sd_configs": [{"files": [str(folder / f"{name}.json")]}],
        }
        for name, settings in jobs.items()
    ]
    config = {
        "global": {"scrape_interval": f"{interval_s}s", "scrape_timeout": f"{min(interval_s, 10)}s"},
        "scrape_configs": scraped,
    }
    path = folder / "prometheus.yml"
    path.write_text(yaml.safe_dump(config))
    return path
