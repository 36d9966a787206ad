"""`pharos alerting`: flags in, a service out."""

import argparse
from pathlib import Path

from alerting.config import load_config
from alerting.receivers import plan
from alerting.service import AlertingService
from pharos.clock import SystemClock
from pharos.flags import Flags, duration, web_options
from pharos.service import Service


def add_flags(flags: Flags) -> None:
    """The flags of `pharos alerting`; names of Alertmanager where it has the same thing."""
    flags.add("config.file", "Configuration file (Alertmanager's).", default="alertmanager.yml", metavar="FILE")
    flags.switch("config.check", "Check the configuration file and exit.")
    flags.add("storage.path", "Folder for silences and the notification log.", default="data/alerting", metavar="DIR")
    flags.add(
        "data.retention",
        "How long silences and the log of what was told are kept after their end.",
        type=duration,
        default=120 * 3600.0,
        metavar="DURATION",
    )
    flags.add(
        "history.retention",
        "How long the history of notifications is kept.",
        type=duration,
        default=30 * 86400.0,
        metavar="DURATION",
    )
    flags.add(
        "alerts.gc-interval", "How often old alerts are forgotten.", type=duration, default=1800.0, metavar="DURATION"
    )
    flags.add("web.external-url", "URL under which the alert API is reached from outside.", default="", metavar="URL")
    flags.add("web.ui-url", "URL of the Pharos dashboards, for links in messages.", default="", metavar="URL")


def build(options: argparse.Namespace) -> Service | None:
    """The service, or None when only a check was asked for. Raises `ConfigError`."""
    config = load_config(options.config_file)
    plan(config, SystemClock())
    if options.config_check:
        print(f"Config file is ok: {options.config_file}")  # noqa: T201 - the answer to --config.check
        return None
    return AlertingService(
        config,
        Path(options.config_file),
        Path(options.storage_path),
        web_options(options),
        external_url=options.web_external_url.rstrip("/"),
        ui_url=options.web_ui_url.rstrip("/"),
        retention_s=float(options.data_retention),
        history_retention_s=float(options.history_retention),
        gc_interval_s=float(options.alerts_gc_interval),
    )
