"""The scrape manager's targets in the shape of the API."""

import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from collector.api.numbers import rfc3339
from collector.config import PrometheusConfig
from collector.scrape import ScrapeManager, Target
from pharos.labels import Labels
from pharos.relabel import relabel


class ScrapeTargets:
    """A `TargetsView` on a scrape manager. `config` gives the configuration in use."""

    def __init__(self, manager: ScrapeManager, config: Callable[[], PrometheusConfig]) -> None:
        self._manager, self._config = manager, config

    def pools(self) -> list[str]:
        return self._manager.scrape_pools()

    def active(self, pool: str = "") -> list[dict[str, Any]]:
        return [
            _shown(target)
            for name, targets in self._manager.active_targets().items()
            if not pool or name == pool
            for target in sorted(targets, key=lambda target: target.url)
        ]

    def dropped(self, pool: str = "") -> list[dict[str, Any]]:
        return [
            {"discoveredLabels": labels, "scrapePool": name}
            for name, dropped in self._manager.dropped_targets().items()
            if not pool or name == pool
            for labels in dropped
        ]

    def dropped_counts(self) -> dict[str, int]:
        return self._manager.dropped_counts()

    def relabel_steps(self, pool: str, labels: Labels) -> dict[str, Any]:
        """What each rule of the job makes of the labels."""
        rules = next((job.relabel_configs for job in self._config().scrape_configs if job.job_name == pool), ())
        steps: list[dict[str, Any]] = []
        now: Labels | None = labels
        for rule in rules:
            if now is None:
                break
            now = relabel(now, [rule])
            steps.append({"rule": str(rule), "output": now or {}, "keep": now is not None})
        return {"steps": steps}

    def metadata(self) -> list[tuple[Labels, str, str, str, str]]:
        return [
            (target.labels, name, about.type, about.help, about.unit)
            for targets in self._manager.active_targets().values()
            for target in targets
            for name, about in target.metadata.items()
        ]


def _shown(target: Target) -> dict[str, Any]:
    spec = target.spec
    return {
        "discoveredLabels": target.discovered_labels,
        "labels": target.labels,
        "scrapePool": target.pool,
        "scrapeUrl": target.url,
        "globalUrl": _global_url(target.url),
        "lastError": target.last_error,
        "lastScrape": rfc3339(target.last_scrape),
        "lastScrapeDuration": target.last_scrape_duration,
        "health": target.health,
        "scrapeInterval": str(spec.interval),
        "scrapeTimeout": str(spec.timeout),
    }


def _global_url(url: str) -> str:
    """The URL with this machine's name where it says localhost, so that it works from elsewhere."""
    parts = urlsplit(url)
    if parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        return url
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit(parts._replace(netloc=socket.gethostname() + port))
