"""A dockerd and a podman of our own: private folders and sockets, no bridge, no firewall rules, one image made here of busybox.

Both speak Docker's API; containers are started and removed through `Engine.run` and `Engine.api`.
"""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.containerd import remove_cgroups, root_archive, search_path
from tests.support.processes import PATIENCE_S, running, wait_for

IMAGE = "lamp:1"
_CONTAINERD = """version = 2
root = "{folder}/containerd/root"
state = "{folder}/containerd/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "{folder}/containerd.sock"
"""


@dataclass
class Engine:
    """A running engine: its command line with the flags that lead to it, and its socket."""

    client: Sequence[str]
    socket: str
    limits: Sequence[str] = ()
    names: list[str] = field(default_factory=list)

    def load(self, folder: Path) -> None:
        """Make the image."""
        (folder / "image.tar").write_bytes(root_archive())
        self("import", f"{folder}/image.tar", IMAGE)

    def run(self, name: str, command: str, *options: str) -> str:
        """Start a container, detached and without a network; returns its id."""
        self.names.append(name)
        given = ["-d", "--name", name, "--network", "none", *self.limits, *options]
        return self("run", *given, IMAGE, "/bin/sh", "-c", command).strip().splitlines()[-1]

    def __call__(self, *arguments: str) -> str:
        argv = [find(self.client[0]), *self.client[1:], *arguments]
        # podman's monitor leaves a file called "oom" where it was started.
        done = subprocess.run(
            argv,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
            env=environment(),
            cwd=Path(self.socket).parent,
        )
        if done.returncode:
            raise AssertionError(f"{' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def inspect(self, container: str) -> dict[str, Any]:
        """What the API tells about a container."""
        with httpx.Client(transport=httpx.HTTPTransport(uds=self.socket), base_url="http://engine") as client:
            answer: dict[str, Any] = client.get(f"/containers/{container}/json").raise_for_status().json()
        return answer

    def clear(self) -> None:
        for name in self.names:
            for argv in (["kill", name], ["rm", "-f", name]):
                with contextlib.suppress(AssertionError):  # it has ended by itself
                    self(*argv)


def find(program: str) -> str:
    """A program's path; its name where there is none."""
    return shutil.which(program, path=search_path()) or program


def environment() -> dict[str, str]:
    """Daemons start other programs by name: the unpacked ones, too."""
    return {**os.environ, "PATH": search_path()}


def need(package: str, *programs: str) -> None:
    """Skips, by name, where a program is missing or there is no root."""
    if os.geteuid() != 0:
        pytest.skip(f"{programs[0]} needs root")
    for program in (*programs, "runc", "busybox"):
        if shutil.which(program, path=search_path()) is None:
            pytest.skip(f"{program} is not installed: apt-get install {package} runc busybox-static")


@contextlib.contextmanager
def docker(folder: Path) -> Iterator[Engine]:
    """A dockerd with a containerd of its own until the block ends."""
    need("docker.io", "dockerd", "docker", "containerd")
    (folder / "containerd.toml").write_text(_CONTAINERD.format(folder=folder))
    # Docker's client, too, would look into the home folder for its settings.
    engine = Engine(
        ["docker", "--config", f"{folder}/client", "-H", f"unix://{folder}/docker.sock"], f"{folder}/docker.sock"
    )
    parent = f"pharos{os.getpid()}docker"
    daemon = [
        "dockerd", "--containerd", f"{folder}/containerd.sock", "--bridge=none", "--iptables=false", "--ip6tables=false",
        "--ip-forward=false", "--ip-masq=false", "--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec",
        "--pidfile", f"{folder}/pid", "--storage-driver", "vfs", "--cgroup-parent", f"/{parent}",
        "--exec-opt", "native.cgroupdriver=cgroupfs", "-H", f"unix://{engine.socket}", "--config-file", f"{folder}/none.json",
    ]  # fmt: skip
    (folder / "none.json").write_text("{}")
    with (
        running([find("containerd"), "-c", f"{folder}/containerd.toml"], folder / "containerd.log", env=environment()),
        running([find(daemon[0]), *daemon[1:]], folder / "dockerd.log", env=environment()),
    ):
        wait_for("dockerd", lambda: _answers(engine))
        engine.load(folder)
        try:
            yield engine
        finally:
            engine.clear()
    remove_cgroups(parent)


@contextlib.contextmanager
def podman(folder: Path) -> Iterator[Engine]:
    """A podman with its API on a socket until the block ends."""
    need("podman", "podman")
    client = [
        "podman", "--root", f"{folder}/root", "--runroot", f"{folder}/run", "--tmpdir", f"{folder}/tmp",
        "--storage-driver", "vfs", "--cgroup-manager=cgroupfs", "--events-backend=file",
        f"--runtime={shutil.which('runc')}",
    ]  # fmt: skip
    parent = f"pharos{os.getpid()}podman"
    # podman would raise these limits, for which root in a container may lack the right.
    limits = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024", "--cgroup-parent", f"/{parent}"]
    engine = Engine(client, f"{folder}/podman.sock", limits)
    service = [*client, "system", "service", "--time=0", f"unix://{engine.socket}"]
    with running([find(service[0]), *service[1:]], folder / "podman.log", env=environment()):
        wait_for("podman's service", lambda: _answers(engine))
        engine.load(folder)
        try:
            yield engine
        finally:
            engine.clear()
    remove_cgroups(parent)


def _answers(engine: Engine) -> bool:
    if not Path(engine.socket).exists():
        return False
    with httpx.Client(transport=httpx.HTTPTransport(uds=engine.socket), base_url="http://engine") as client:
        return client.get("/_ping").status_code == 200
