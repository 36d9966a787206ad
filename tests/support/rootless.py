"""A podman without root: as `nobody`, in a user namespace of its own, its API on a socket."""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.processes import PATIENCE_S, running, wait_for

_USER = 65534
# The user may have other users' numbers only if these files say so; they are put over the host's in a mount namespace of the process.
_ENTER = 'mount --bind "$0/subid" /etc/subuid && mount --bind "$0/subid" /etc/subgid && exec "$@"'
_PODMAN = ("podman", "--storage-driver", "vfs", "--cgroup-manager=cgroupfs", "--events-backend=file")


@dataclass(frozen=True)
class Rootless:
    """A folder that belongs to the user."""

    folder: Path

    @property
    def socket(self) -> str:
        return f"{self.folder}/podman.sock"

    def argv(self, *arguments: str) -> list[str]:
        """The command line that runs podman as the user."""
        become = ["setpriv", f"--reuid={_USER}", f"--regid={_USER}", "--clear-groups", "env", "-i"]
        place = [f"HOME={self.folder}", f"XDG_RUNTIME_DIR={self.folder}", f"PATH={os.environ['PATH']}"]
        runtime = f"--runtime={shutil.which('runc')}"
        return ["unshare", "-m", "sh", "-c", _ENTER, str(self.folder), *become, *place, *_PODMAN, runtime, *arguments]

    def __call__(self, *arguments: str) -> str:
        done = subprocess.run(
            self.argv(*arguments), capture_output=True, text=True, timeout=PATIENCE_S, cwd=self.folder
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip().rpartition("\n")[2]

    def run(self, name: str, command: str) -> str:
        """Start a container; returns its id."""
        limits = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024", "--network", "none"]
        return self("run", "-d", "--name", name, *limits, "--rootfs", f"{self.folder}/rootfs", "/bin/sh", "-c", command)


@contextlib.contextmanager
def rootless_podman(folder: Path) -> Iterator[Rootless]:
    """A podman service of a user until the block ends; skips, by name, where there can be none."""
    if os.geteuid() != 0:
        pytest.skip("becoming another user needs root")
    for program, package in (
        ("podman", "podman"),
        ("newuidmap", "uidmap"),
        ("runc", "runc"),
        ("busybox", "busybox-static"),
    ):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed: apt-get install {package}")
    for name in ("bin", "proc", "dev", "sys", "tmp", "etc"):
        (folder / "rootfs" / name).mkdir(parents=True)
    shutil.copy(shutil.which("busybox") or "", folder / "rootfs/bin/busybox")
    (folder / "rootfs/bin/sh").symlink_to("busybox")
    (folder / "subid").write_text("nobody:100000:65536\n")
    for path in (folder, *folder.rglob("*")):
        os.chown(path, _USER, _USER, follow_symlinks=False)
    podman = Rootless(folder)
    service = podman.argv("system", "service", "--time=0", f"unix://{podman.socket}")
    with running(service, folder / "service.log", cwd=folder, start_new_session=True) as process:
        wait_for("podman's socket", lambda: Path(podman.socket).exists())
        try:
            yield podman
        finally:
            podman("rm", "-f", "-t", "0", "--all")
            os.killpg(process.pid, signal.SIGTERM)  # the part that serves is a child in the user's name space
    podman("system", "migrate")  # ends the process that holds the user's name space
