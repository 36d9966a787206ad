"""Real containers by runc alone: busybox in a cgroup of our own, with limits."""

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import PATIENCE_S

SYSTEMD_SLICES = (
    "kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0a1b2c3d_1111_2222_3333_444455556666.slice"
)
_APPLETS = ("sh", "sleep", "cat", "dd", "echo", "head")


def need_runc() -> None:
    """Skips, by name, where real containers cannot be started."""
    if os.geteuid() != 0:
        pytest.skip("real containers need root")
    for tool in ("runc", "busybox"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed: apt-get install runc busybox-static")


@dataclass(frozen=True)
class Runc:
    """A folder for bundles and state, and a cgroup path that belongs to this run."""

    folder: Path
    parent: str
    systemd: bool = False

    def path(self, name: str) -> str:
        """The cgroup of a container, as the kubelet's driver for cgroupfs or the one for systemd has it."""
        if self.systemd:
            return f"{self.parent}/{SYSTEMD_SLICES}/cri-containerd-{self.identity(name)}.scope"
        return f"{self.parent}/pod{name}/{name}"

    def identity(self, name: str) -> str:
        """The id a container has in the path of the systemd driver."""
        return name.encode().hex().ljust(64, "0")

    def start(self, name: str, command: str, *, quota_us: int = 50_000, memory_bytes: int = 32 << 20) -> None:
        """Run a shell command in a container, detached."""
        bundle = self.folder / name
        for folder in ("bin", "proc", "dev", "sys", "tmp"):
            (bundle / "rootfs" / folder).mkdir(parents=True, exist_ok=True)
        shutil.copy(shutil.which("busybox") or "", bundle / "rootfs/bin/busybox")
        for applet in _APPLETS:
            (bundle / "rootfs/bin" / applet).symlink_to("busybox")
        subprocess.run(["runc", "spec"], cwd=bundle, check=True)
        spec = json.loads((bundle / "config.json").read_text())
        spec["process"] |= {"terminal": False, "args": ["/bin/sh", "-c", command]}
        spec["root"]["readonly"] = False
        spec["linux"]["cgroupsPath"] = self.path(name)
        spec["linux"]["resources"] |= {
            "cpu": {"shares": 512, "quota": quota_us, "period": 100_000},
            "memory": {"limit": memory_bytes},
            "pids": {"limit": 64},
        }
        (bundle / "config.json").write_text(json.dumps(spec))
        with (bundle / "log").open("wb") as log:
            self._runc("run", "-d", "--bundle", str(bundle), name, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def stats(self, name: str) -> dict[str, Any]:
        """runc's own reading of the container's cgroup."""
        done = self._runc("events", "--stats", name, stdout=subprocess.PIPE)
        data: dict[str, Any] = json.loads(done.stdout)["data"]
        return data

    def remove_all(self, cgroups: Path) -> None:
        for bundle in self.folder.iterdir():
            if (bundle / "config.json").exists():
                with contextlib.suppress(subprocess.CalledProcessError):
                    self._runc("delete", "-f", bundle.name)
        for top in {self.parent.strip("/").split("/")[0]}:
            for tree in [cgroups, *cgroups.iterdir()]:
                for folder, _, _ in os.walk(tree / top, topdown=False):
                    with contextlib.suppress(OSError):
                        Path(folder).rmdir()

    def _runc(self, *arguments: str, **options: Any) -> "subprocess.CompletedProcess[bytes]":
        root = str(self.folder / "state")
        return subprocess.run(["runc", "--root", root, *arguments], check=True, timeout=PATIENCE_S, **options)


@contextlib.contextmanager
def containers(folder: Path, cgroups: Path = Path("/sys/fs/cgroup"), *, systemd: bool = False) -> Iterator[Runc]:
    """A place for containers; all that were started are gone at the end."""
    (folder / "state").mkdir(parents=True)
    runc = Runc(folder, f"/pharos{os.getpid()}" + ("" if systemd else "/kubepods/burstable"), systemd)
    try:
        yield runc
    finally:
        runc.remove_all(cgroups)
