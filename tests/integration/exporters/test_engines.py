"""A real dockerd and a real podman: what they tell of containers is on the page, with the containers' own figures."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.docker import Engine, docker, podman
from tests.support.node_exporter import series
from tests.support.processes import PHAROS, free_port, running, wait_for, wait_ready

pytestmark = [pytest.mark.integration, pytest.mark.containers]

_ENGINES: dict[str, Callable[[Path], AbstractContextManager[Engine]]] = {"docker": docker, "podman": podman}
_BUSY = "while :; do :; done"
_HOG = "dd if=/dev/zero of=/dev/null bs=64M count=1; exit 137"


class Page:
    """The exporter's page, asked for by container name."""

    def __init__(self, url: str) -> None:
        self.url = url

    def values(self, family: str, name: str) -> dict[str, float]:
        """The series of a family that carry `name`."""
        page = series(httpx.get(self.url).raise_for_status().text)
        found = {key: value for key, value in page.items() if key.startswith(f"{family}{{")}
        return {key: value for key, value in found.items() if f'name="{name}"' in key}

    def value(self, family: str, name: str) -> float | None:
        """The one series' value; None when there is none."""
        values = list(self.values(family, name).values())
        assert len(values) <= 1
        return values[0] if values else None

    def wait(self, family: str, name: str, expected: float) -> None:
        wait_for(f"{family} of {name} to be {expected}", lambda: self.value(family, name) == expected)


def _ended(inspected: dict[str, Any]) -> bool:
    return inspected["State"]["Status"] == "exited" and bool(inspected["State"]["ExitCode"])


@pytest.fixture(scope="module", params=sorted(_ENGINES))
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    kind: str = request.param
    with _ENGINES[kind](tmp_path_factory.mktemp(kind[0])) as place:
        healthy = ["--health-cmd", "true", "--health-interval", "1s"]
        place.run("lamp", _BUSY, "--memory", "64m", "--cpus", "0.2", "--label", "team=harbour", *healthy)
        place.run("match", "exit 3", "--restart", "on-failure:2")
        place.run("hog", _HOG, "--memory", "16m")
        for name in ("match", "hog"):
            wait_for(f"the end of {name}", lambda ended=name: _ended(place.inspect(ended)))
        if kind == "podman":  # its health checks are timers of systemd; without one they are run by hand
            place("healthcheck", "run", "lamp")
        wait_for("a health check", lambda: place.inspect("lamp")["State"]["Health"]["Status"] == "healthy")
        yield place


@pytest.fixture(scope="module")
def page(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    port = free_port()
    runtime = "podman" if "podman" in engine.client[0] else "docker"
    argv = [
        *PHAROS, "container-exporter", f"--web.listen-address=127.0.0.1:{port}",
        f"--runtimes={runtime}={engine.socket}", "--whitelisted_container_labels=team", "--docker_only",
    ]  # fmt: skip
    with running(argv, tmp_path_factory.mktemp("log") / "exporter.log"):
        wait_ready(f"http://127.0.0.1:{port}")
        page = Page(f"http://127.0.0.1:{port}/metrics")
        wait_for("the engine's answer", lambda: page.values("container_spec_memory_limit_bytes", "lamp"))
        yield page


def test_names_labels_and_limits_stand_on_the_figures(engine: Engine, page: Page) -> None:
    (key,) = page.values("container_spec_memory_limit_bytes", "lamp")
    identity = engine.inspect("lamp")["Id"]
    assert identity in key
    assert "lamp:1" in key
    assert 'container_label_team="harbour"' in key
    assert page.value("container_spec_memory_limit_bytes", "lamp") == 64 << 20
    assert page.value("container_spec_cpu_quota", "lamp") == 20_000
    assert (page.value("container_cpu_usage_seconds_total", "lamp") or 0) > 0
    assert page.value("container_running", "lamp") == 1


def test_a_healthy_container_is_told(page: Page) -> None:
    page.wait("container_health_state", "lamp", 1)


def test_restarts_and_the_exit_code_are_those_of_the_engine(engine: Engine, page: Page) -> None:
    page.wait("container_restarts_total", "match", 2)
    page.wait("container_running", "match", 0)
    assert page.value("container_last_exit_code", "match") == 3 == engine.inspect("match")["State"]["ExitCode"]
    assert page.value("container_finished_time_seconds", "match") is not None


def test_an_oom_kill_is_told(engine: Engine, page: Page) -> None:
    page.wait("container_oom_killed", "hog", float(engine.inspect("hog")["State"]["OOMKilled"]))
    page.wait("container_last_exit_code", "hog", 137)
