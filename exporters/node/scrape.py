"""One scrape: runs the collectors under their deadlines and adds what is known about each run."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final

from exporters.deadline import Deadline, Job, Outcome
from exporters.node.config import Settings
from exporters.node.host import Host
from exporters.node.registry import Collect, NoData, build_collector, collectors
from pharos.clock import Clock
from pharos.exposition import Metric

logger = logging.getLogger(__name__)

DURATION_HELP: Final = "node_exporter: Duration of a collector scrape."
SUCCESS_HELP: Final = "node_exporter: Whether a collector succeeded."


class FilterError(ValueError):
    """`collect[]` or `exclude[]` ask for something that cannot be."""


@dataclass(slots=True)
class Collected:
    """What a collector gave before it ended, and how it ended."""

    metrics: list[Metric]
    error: Exception | None = None


class Scraper:
    """The collectors of one configuration."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.deadline_s = settings.deadline_s
        self._deadlines_s, self._profile = settings.deadlines_s, settings.profile
        self._collectors: dict[str, Collect] = {}
        for name, options in settings.options.items():
            host = Host(settings.roots, clock, self._deadlines_s.get(name, settings.deadline_s))
            self._collectors[name] = build_collector(collectors[name], host, options)
        self._pool = Deadline("collector")
        self._reported: dict[str, str] = {}

    @property
    def names(self) -> list[str]:
        """The enabled collectors."""
        return sorted(self._collectors)

    def chosen(self, collect: list[str], exclude: list[str]) -> list[str]:
        """The collectors a request asks for. Raises `FilterError`."""
        if collect and exclude:
            raise FilterError("collect[] and exclude[] cannot be combined")
        for name in (*collect, *exclude):
            if name not in self._collectors:
                raise FilterError(f"{'disabled' if name in collectors else 'missing'} collector: {name}")
        return sorted(set(collect)) if collect else [name for name in self.names if name not in exclude]

    async def scrape(self, names: Iterable[str]) -> list[Metric]:
        """The metrics of these collectors, the `node_scrape_collector_*` families included."""
        chosen = list(names)
        longest = max((self._deadlines_s.get(name, self.deadline_s) for name in chosen), default=self.deadline_s)
        jobs = [Job(name, partial(_collect, self._collectors[name])) for name in chosen]
        outcomes = await self._pool.run(jobs, longest)
        duration = Metric("node_scrape_collector_duration_seconds", "gauge", DURATION_HELP)
        success = Metric("node_scrape_collector_success", "gauge", SUCCESS_HELP)
        out = [duration, success]
        for name in chosen:
            outcome = outcomes[name]
            error = self._judge(outcome)
            if outcome.value is not None:
                out += outcome.value.metrics
            labels = {"collector": name}
            duration.add(outcome.seconds, labels)
            success.add(0 if error else 1, labels)
            self._report(name, error)
        return list(self._profile.trim(out))

    def _judge(self, outcome: Outcome) -> Exception | None:
        if outcome.hung:
            return TimeoutError(f"no answer within {self.deadline_s:g} s")
        if outcome.error is not None:
            return outcome.error
        collected: Collected = outcome.value
        return collected.error

    def _report(self, name: str, error: Exception | None) -> None:
        """Log a failure once, not at every scrape."""
        text = "" if error is None else f"{type(error).__name__}: {error}"
        if text == self._reported.get(name, ""):
            return
        self._reported[name] = text
        if error is None:
            logger.info("Collector recovered", extra={"collector": name})
        elif isinstance(error, NoData | FileNotFoundError):
            logger.debug("Collector has no data", extra={"collector": name, "reason": text})
        else:
            logger.warning("Collector failed", extra={"collector": name, "reason": text})


def _collect(collect: Collect) -> Collected:
    metrics: list[Metric] = []
    try:
        metrics.extend(collect())
    except Exception as error:  # a collector's failure must not take the page with it
        return Collected(metrics, error)
    return Collected(metrics)
