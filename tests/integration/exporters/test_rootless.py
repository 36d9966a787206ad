"""A real podman without root: what its socket tells is on the page, whether or not the kernel gives the user cgroups."""

import tempfile
from pathlib import Path

import httpx
import pytest

from tests.support.node_exporter import series
from tests.support.processes import PHAROS, free_port, running, wait_for, wait_ready
from tests.support.rootless import rootless_podman

pytestmark = [pytest.mark.integration, pytest.mark.containers]


def test_containers_of_a_user(tmp_path: Path) -> None:
    port = free_port()
    with (
        tempfile.TemporaryDirectory(dir="/tmp") as place,
        rootless_podman(Path(place)) as podman,
    ):  # the user may enter it
        lamp = podman.run("lamp", "while :; do sleep 1; done")
        match = podman.run("match", "exit 3")
        argv = [
            *PHAROS, "container-exporter", f"--web.listen-address=127.0.0.1:{port}",
            f"--runtimes=podman={podman.socket}",
        ]  # fmt: skip
        with running(argv, tmp_path / "exporter.log"):
            wait_ready(f"http://127.0.0.1:{port}")

            def page() -> dict[str, float]:
                return series(httpx.get(f"http://127.0.0.1:{port}/metrics").raise_for_status().text)

            def value(family: str, identity: str) -> float | None:
                return next((v for k, v in page().items() if k.startswith(family + "{") and identity in k), None)

            wait_for("the end of match", lambda: value("container_last_exit_code", match) == 3)
            assert value("container_running", match) == 0
            assert value("container_running", lamp) == 1
            assert page()[f'container_runtime_up{{address="{podman.socket}",runtime="podman"}}'] == 1
