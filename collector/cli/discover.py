"""`pharos check service-discovery`: run a job's discovery for a while and show what relabelling makes of the targets."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import orjson

from collector.cli.arguments import complain
from collector.config import ScrapeConfig, load_config
from collector.discovery import TargetGroup, watch
from collector.scrape.targets import build_targets, discovered_labels
from pharos.durations import parse_duration_ms
from pharos.labels import Labels
from pharos.relabel import relabel

_QUIET_S: Final = 1.0


def discover(file: str, job: str, timeout: str) -> int:
    """Print the targets of a job as JSON. Returns the exit code. Raises `ConfigError`, `ValueError`."""
    config = load_config(file)
    chosen = next((one for one in config.scrape_configs if one.job_name == job), None)
    if chosen is None:
        complain(
            "\n\t".join([f"Job {job} not found. Select one of:", *(one.job_name for one in config.scrape_configs)])
        )
        return 1
    groups = asyncio.run(_look(chosen, parse_duration_ms(timeout) / 1000))
    print(orjson.dumps(report(groups, chosen), option=orjson.OPT_INDENT_2).decode())
    return 0


async def _look(job: ScrapeConfig, timeout_s: float) -> Sequence[TargetGroup]:
    """What discovery finds; done when nothing new has come for a second."""
    found: list[TargetGroup] = []
    news = asyncio.Event()

    def take(groups: Sequence[TargetGroup]) -> None:
        found[:] = groups
        news.set()

    async def until_quiet() -> None:
        await news.wait()
        while True:
            news.clear()
            try:
                await asyncio.wait_for(news.wait(), _QUIET_S)
            except TimeoutError:
                return

    watching = asyncio.create_task(watch(job, take, name=job.job_name))
    try:
        await asyncio.wait_for(until_quiet(), timeout_s)
    except TimeoutError:
        complain(f"Nothing new came for long enough within {timeout_s:g}s")
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    return found


def _inner_labels(relabelled: Labels) -> Labels:
    """The labels of a target as the scraper has them, what it is scraped by included."""
    labels = {name: text for name, text in relabelled.items() if text and not name.startswith("__meta_")}
    labels.setdefault("instance", labels["__address__"])
    return dict(sorted(labels.items()))


def report(groups: Sequence[TargetGroup], job: ScrapeConfig) -> list[dict[str, Any]]:
    """Discovered labels and final labels of every target; an error where one cannot be used."""
    out: list[dict[str, Any]] = []
    for group in groups:
        for own in group.targets:
            discovered = discovered_labels(own, group.labels, job)
            one = TargetGroup((own,), group.labels, group.source)
            built = build_targets([one], job)
            row: dict[str, Any] = {"discoveredLabels": dict(sorted(discovered.items())), "labels": {}}
            relabelled = relabel(discovered, job.relabel_configs)
            if relabelled is not None and built.targets:
                row["labels"] = _inner_labels(relabelled)
            elif relabelled is not None and built.errors:
                row["error"] = built.errors[0]
            if row not in out:
                out.append(row)
    return out
