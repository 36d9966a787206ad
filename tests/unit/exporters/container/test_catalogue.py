from pathlib import Path

import pytest

from exporters.container.catalogue import KEEP_S, Catalogue, find_runtimes, merged
from exporters.container.facts import Facts
from exporters.page import samples
from pharos.config import ConfigError


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds


class FakeRuntime:
    """Tells what it is given, or fails."""

    name, address = "fake", "/sock"

    def __init__(self, *facts: Facts) -> None:
        self.facts, self.asked, self.closed = list(facts), 0, False
        self.error: Exception | None = None

    async def containers(self) -> list[Facts]:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return self.facts

    async def close(self) -> None:
        self.closed = True


async def test_what_is_known_is_kept_for_a_while() -> None:
    clock, runtime = Clock(), FakeRuntime(Facts("a", "web"))
    catalogue = Catalogue([runtime], clock)
    await catalogue.refresh()
    await catalogue.refresh()
    assert (runtime.asked, catalogue.facts["a"].name) == (1, "web")
    clock.time = KEEP_S
    await catalogue.refresh()
    assert runtime.asked == 2
    await catalogue.close()
    assert runtime.closed


async def test_a_failure_keeps_the_old_facts_and_is_told() -> None:
    clock, runtime = Clock(), FakeRuntime(Facts("a", "web"))
    catalogue = Catalogue([runtime], clock)
    await catalogue.refresh()
    runtime.error, clock.time = OSError("gone"), KEEP_S
    await catalogue.refresh()
    key = 'container_runtime_up{runtime="fake",address="/sock"}'
    assert (catalogue.facts["a"].name, samples(catalogue.metrics())[key]) == ("web", 0)
    runtime.error, clock.time = None, 2 * KEEP_S
    await catalogue.refresh()
    assert samples(catalogue.metrics())[key] == 1


def test_gaps_are_filled_from_the_second_runtime() -> None:
    both = merged([Facts("a", "web", restarts=None), Facts("a", "other", pod="p", restarts=2), Facts("b")])
    assert (both["a"].name, both["a"].pod, both["a"].restarts) == ("web", "p", 2)
    assert set(both) == {"a", "b"}


def test_finding_runtimes(tmp_path: Path) -> None:
    (found,) = find_runtimes([f"links={tmp_path}"])
    assert (found.name, found.address) == ("links", str(tmp_path))
    with pytest.raises(ConfigError, match="did you mean 'docker'"):
        find_runtimes(["dockr"])
