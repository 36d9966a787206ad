import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from exporters.container.facts import Facts
from exporters.container.runtimes.docker import DockerRuntime, facts_of, health_of, seconds
from exporters.container.runtimes.registry import RuntimeFailure

LISTED: dict[str, Any] = {
    "Id": "abc",
    "Names": ["/web-1"],
    "Image": "nginx:1.27",
    "State": "running",
    "Status": "Up 2 minutes (healthy)",
    "Labels": {"team": "lamps", "io.kubernetes.pod.name": "web-0", "io.kubernetes.container.name": "web"},
}
DETAILS: dict[str, Any] = {
    "RestartCount": 3,
    "State": {
        "Pid": 77,
        "ExitCode": 0,
        "OOMKilled": False,
        "StartedAt": "2026-01-02T03:04:05.123456789Z",
        "FinishedAt": "0001-01-01T00:00:00Z",
        "Health": {"Status": "healthy"},
    },
    "Config": {"Env": ["PATH=/bin", "MODE=fast", "odd"]},
}


def test_facts_of_a_running_container() -> None:
    facts = facts_of(LISTED, DETAILS)
    assert facts.metric_labels() == {"container": "web", "image": "nginx:1.27", "name": "web-1", "pod": "web-0"}
    assert (facts.health, facts.restarts, facts.exit_code, facts.pid) == ("healthy", 3, None, 77)
    assert facts.env["MODE"] == "fast"
    assert facts.started == pytest.approx(1767323045.123456)
    assert facts.finished is None


def test_facts_of_one_that_was_killed() -> None:
    state = {"ExitCode": 137, "OOMKilled": True, "FinishedAt": "2026-01-02T03:04:06+00:00"}
    facts = facts_of(LISTED | {"State": "exited"}, {"State": state})
    assert (facts.running, facts.exit_code, facts.oom_killed, facts.finished) == (False, 137, True, 1767323046)


def test_the_inspection_is_newer_than_the_list() -> None:
    state = {"Status": "exited", "ExitCode": 3}
    assert facts_of(LISTED, {"State": state}).exit_code == 3
    again = facts_of(LISTED | {"State": "restarting"}, {"State": {"Status": "running", "ExitCode": 0}})
    assert (again.running, again.exit_code) == (True, None)


def test_short_states() -> None:
    assert health_of("Up 2 minutes (healthy)") == "healthy"
    assert health_of("Up 2 minutes") == ""
    assert seconds("") is None


class FakeDocker:
    """Answers like Docker on a Unix socket, and counts."""

    def __init__(self) -> None:
        self.status, self.asked = 200, list[str]()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            path = line.split()[1].decode()
            while (await reader.readline()).strip():
                pass
            self.asked.append(path)
            body = json.dumps([LISTED] if path.endswith("all=1") else DETAILS).encode()
            writer.write(b"HTTP/1.1 %d X\r\ncontent-length: %d\r\n\r\n" % (self.status, len(body)) + body)
            await writer.drain()
        writer.close()


@pytest.fixture
async def docker(tmp_path: Path) -> AsyncIterator[tuple[FakeDocker, DockerRuntime]]:
    fake = FakeDocker()
    server = await asyncio.start_unix_server(fake, tmp_path / "docker.sock")
    runtime = DockerRuntime(str(tmp_path / "docker.sock"))
    async with server:
        yield fake, runtime
        await runtime.close()


async def test_details_are_kept_while_the_state_stays(docker: tuple[FakeDocker, DockerRuntime]) -> None:
    fake, runtime = docker
    for _ in range(5):
        assert [each.id for each in await runtime.containers()] == ["abc"]
    assert fake.asked.count("/containers/abc/json") == 2


async def test_a_refusal_and_an_absence(docker: tuple[FakeDocker, DockerRuntime], tmp_path: Path) -> None:
    fake, runtime = docker
    fake.status = 500
    with pytest.raises(RuntimeFailure, match="HTTP status 500"):
        await runtime.containers()
    with pytest.raises(OSError, match="ConnectError"):
        await DockerRuntime(str(tmp_path / "none.sock")).containers()


def test_the_sandbox_is_called_pod() -> None:
    assert Facts("x", sandbox=True, pod="web-0").metric_labels() == {"container": "POD", "pod": "web-0"}
