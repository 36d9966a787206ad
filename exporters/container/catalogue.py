"""What all runtimes know about the containers of this host, asked at scrape time and kept for some seconds."""

import asyncio
import dataclasses
import glob
import logging
from collections.abc import Iterable, Iterator
from typing import Final

import exporters.container.runtimes  # noqa: F401 - registers the built-in runtimes
from exporters.container.facts import Facts
from exporters.container.runtimes.registry import Runtime, RuntimeFailure, runtimes
from pharos.clock import Clock
from pharos.config import ConfigError
from pharos.exposition import Metric, gauge

logger = logging.getLogger(__name__)

KEEP_S: Final = 10.0
DEADLINE_S: Final = 0.8


class Catalogue:
    """Facts by container id. A runtime that fails costs its facts their freshness, never the page."""

    def __init__(self, sources: Iterable[Runtime], clock: Clock) -> None:
        self._sources, self._clock = list(sources), clock
        self._known: dict[Runtime, list[Facts]] = {}
        self._failed: dict[Runtime, str] = {}
        self._asked = float("-inf")
        self.facts: dict[str, Facts] = {}

    async def refresh(self) -> None:
        """Ask the runtimes when what is known is too old."""
        now = self._clock.monotonic()
        if not self._sources or now - self._asked < KEEP_S:
            return
        self._asked = now
        await asyncio.gather(*(self._ask(source) for source in self._sources))
        self.facts = merged(known for source in self._sources for known in self._known.get(source, []))

    async def close(self) -> None:
        for source in self._sources:
            await source.close()

    def metrics(self) -> Iterator[Metric]:
        """Whether each runtime answers."""
        up = gauge("container_runtime_up", "Whether the container runtime answered when it was last asked.")
        for source in self._sources:
            up.add(int(source not in self._failed), {"runtime": source.name, "address": source.address})
        yield up

    async def _ask(self, source: Runtime) -> None:
        try:
            async with asyncio.timeout(DEADLINE_S):
                self._known[source] = await source.containers()
        except (OSError, RuntimeFailure, TimeoutError, ValueError) as error:
            reason = f"{type(error).__name__}: {error}"
            if self._failed.get(source) != reason:
                logger.warning(
                    "Runtime did not answer",
                    extra={"runtime": source.name, "address": source.address, "reason": reason},
                )
            self._failed[source] = reason
        else:
            if self._failed.pop(source, None) is not None:
                logger.info("Runtime answers again", extra={"runtime": source.name, "address": source.address})


def merged(facts: Iterable[Facts]) -> dict[str, Facts]:
    """Facts by id; where two runtimes know a container the first one's texts win and gaps are filled from the other."""
    out: dict[str, Facts] = {}
    for each in facts:
        known = out.get(each.id)
        out[each.id] = each if known is None else _filled(known, each)
    return out


def _filled(known: Facts, more: Facts) -> Facts:
    gaps = {
        field.name: getattr(more, field.name)
        for field in dataclasses.fields(Facts)
        if getattr(known, field.name) in ("", None, {}, 0) and getattr(more, field.name) not in ("", None)
    }
    return dataclasses.replace(known, **gaps) if gaps else known


def find_runtimes(chosen: Iterable[str]) -> list[Runtime]:
    """Runtimes for `name` (its usual sockets that exist) and `name=address`. Raises `ConfigError` for an unknown name."""
    out: list[Runtime] = []
    for entry in chosen:
        name, equals, address = entry.partition("=")
        try:
            plugin = runtimes[name]
        except KeyError as error:
            raise ConfigError(f"--runtimes: {error.args[0]}") from error
        addresses = (
            [address] if equals else [path for usual in plugin.facts["sockets"] for path in sorted(glob.glob(usual))]
        )
        out += [plugin.factory(each) for each in addresses]
    return out
